/**
 * inotify(7): descriptors that tell of what happens to watched files. notify.ts has who watches
 * what and puts the events into the queue; here they are opened, asked for and read.
 */
import {
  EACCES,
  EBADF,
  EEXIST,
  EINVAL,
  EMFILE,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOTDIR,
} from "../../abi/errno.js";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, S_IFDIR, S_IFMT } from "../../abi/file.js";
import * as abi from "../../abi/inotify.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { INOTIFY_NODE } from "../events/protocol.js";
import type { Unbound } from "./bind.js";
import { mayHold, WATCH_BYTES } from "./charges.js";
import { addFile, freeDescriptor, install, mayOpen, openFile } from "./descriptors.js";
import { hiddenMount } from "./mounts.js";
import { pathOf, walkTo } from "./names.js";
import { dropWatch, holdFor } from "./notify.js";
import { checkAccess, MAY_READ } from "./permissions.js";
import type { NotifyOperations } from "./protocol-notify.js";
import { type Core, type Notifier, nodeKey, tableOf } from "./state.js";
import { FOLLOW } from "./walk.js";

const KNOWN =
  (abi.IN_ALL_EVENTS |
    abi.IN_UNMOUNT |
    abi.IN_Q_OVERFLOW |
    abi.IN_IGNORED |
    abi.IN_ONLYDIR |
    abi.IN_DONT_FOLLOW |
    abi.IN_EXCL_UNLINK |
    abi.IN_MASK_CREATE |
    abi.IN_MASK_ADD |
    abi.IN_ISDIR |
    abi.IN_ONESHOT) >>>
  0;

/** inotify_init1(2). */
function openNotifier(core: Core, caller: TaskId, flags: number): Result {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  if (core.state.notifiers.size >= abi.INOTIFY_INSTANCES_MAX) return -EMFILE;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const place = { mount: hiddenMount(core, "events"), node: INOTIFY_NODE, handle: INOTIFY_NODE };
  const kept = O_RDONLY | (flags & O_NONBLOCK);
  const file = addFile(core, caller, 0, { ...place, pipe: 0, mode: 0o600, flags: kept });
  const channel = core.kernel.newChannel();
  core.state.notifiers.set(file.id, {
    job: file.job,
    heldBytes: 0,
    channel,
    nextWatch: 1,
    watches: new Map(),
    events: [],
  });
  return install(tableOf(core, caller), descriptor, file, flags);
}

/** The notifier behind a descriptor. @returns it with its file's id, -EBADF or -EINVAL */
function notifierOf(core: Core, caller: TaskId, descriptor: number) {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const notifier = core.state.notifiers.get(file.id);
  return notifier === undefined ? -EINVAL : { file: file.id, notifier };
}

/** inotify_add_watch(2). @returns the watch's number */
function addWatch(
  core: Core,
  caller: TaskId,
  descriptor: number,
  path: number,
  pathLength: number,
  mask: number,
): Result {
  if ((mask & ~KNOWN) !== 0 || (mask & KNOWN) === 0) return -EINVAL;
  const found = notifierOf(core, caller, descriptor);
  if (found === -EBADF) return found;
  const both = abi.IN_MASK_ADD | abi.IN_MASK_CREATE;
  if ((mask & both) === both) return -EINVAL;
  if (typeof found === "number") return found;
  const follow = (mask & abi.IN_DONT_FOLLOW) !== 0 ? 0 : FOLLOW;
  const walk = walkTo(core, caller, pathOf(-100, path, pathLength), follow);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -ENOENT;
  const isDirectory = (walk.mode & S_IFMT) === S_IFDIR;
  if ((mask & abi.IN_ONLYDIR) !== 0 && !isDirectory) return -ENOTDIR;
  const refused = checkAccess(core, caller, walk.mount, walk.node, walk.mode, MAY_READ);
  if (refused < 0) return -EACCES;
  const key = nodeKey(core, walk.mount, walk.node);
  return watchNode(core, found.file, found.notifier, key, mask);
}

function watchNode(
  core: Core,
  file: number,
  notifier: Notifier,
  key: string,
  mask: number,
): Result {
  const events = mask & (abi.IN_ALL_EVENTS | abi.IN_ONESHOT | abi.IN_EXCL_UNLINK);
  const known = core.state.noticed.get(key)?.find((one) => one.file === file && one.watch > 0);
  const watch = known === undefined ? undefined : notifier.watches.get(known.watch);
  if (known !== undefined && watch !== undefined) {
    if ((mask & abi.IN_MASK_CREATE) !== 0) return -EEXIST;
    watch.mask = (mask & abi.IN_MASK_ADD) !== 0 ? watch.mask | events : events;
    return known.watch;
  }
  if (notifier.watches.size >= abi.INOTIFY_WATCHES_MAX) return -ENOSPC;
  if (mayHold(core, notifier.job, WATCH_BYTES) < 0) return -ENOMEM;
  holdFor(core, notifier, WATCH_BYTES);
  const number = notifier.nextWatch++;
  notifier.watches.set(number, { key, mask: events });
  const entries = core.state.noticed.get(key) ?? [];
  core.state.noticed.set(key, [...entries, { file, watch: number }]);
  return number;
}

/** inotify_rm_watch(2). */
function removeWatch(core: Core, caller: TaskId, descriptor: number, watch: number): Result {
  const found = notifierOf(core, caller, descriptor);
  if (typeof found === "number") return found;
  if (!found.notifier.watches.has(watch)) return -EINVAL;
  dropWatch(core, found.file, watch);
  return 0;
}

export const notifyOperations: Unbound<NotifyOperations> = Object.freeze({
  openNotifier,
  addWatch,
  removeWatch,
});
