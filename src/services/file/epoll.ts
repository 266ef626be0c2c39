/**
 * epoll(7). A registration watches the channels of its file (kernel.watch); a wake-up makes it
 * ready, and only ready ones are asked by epoll_wait: what holds is reported. A level-triggered
 * registration is then ready again, an edge-triggered one (EPOLLET) waits for the next wake-up.
 */
import {
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  ELOOP,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOMEM,
  EPERM,
} from "../../abi/errno.js";
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_BYTES,
  EPOLL_NESTING_MAX,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  EPOLLWAKEUP,
} from "../../abi/events.js";
import { O_RDWR, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { EPOLL_NODE } from "../events/protocol.js";
import { EPOLL_ITEM_BYTES, hold, mayHold } from "./charges.js";
import { addFile, freeDescriptor, install, mayOpen, openFile } from "./descriptors.js";
import { isProc } from "./links.js";
import { hiddenMount } from "./mounts.js";
import { pollFile } from "./poll-file.js";
import { NODE } from "./protocol.js";
import {
  type Core,
  type Epoll,
  type EpollItem,
  fileAt,
  fileSystemOf,
  KIND_PIPE,
  type OpenFile,
  tableOf,
} from "./state.js";
import { dropItem, itemKey } from "./watched.js";

const ALL = 2 ** 31 - 1;
/** What is not an event but says how to report events. */
const HOW = EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;
/** What may stand beside EPOLLEXCLUSIVE. */
const WITH_EXCLUSIVE =
  POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
/** Names below /proc/PID whose changes can be waited for (fs-proc/changes.ts). */
const TABLES: ReadonlySet<string> = new Set(["mounts", "mountinfo"]);
/** Devices of major 1 (mem(4)) that can be polled: random. */
const MINOR_RANDOM = 8;

/** epoll_create1(2). */
export function openEpoll(core: Core, caller: TaskId, flags: number): Result {
  if ((flags & ~EPOLL_CLOEXEC) !== 0) return -EINVAL;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return -EMFILE;
  if (mayOpen(core, caller) < 0) return -ENFILE;
  const mount = hiddenMount(core, "events");
  const fields = { mount, node: EPOLL_NODE, handle: EPOLL_NODE, pipe: 0, mode: 0o600 };
  const file = addFile(core, caller, 0, { ...fields, flags: O_RDWR });
  core.state.epolls.set(file.id, { set: core.kernel.newChannel(), items: new Map() });
  return install(tableOf(core, caller), descriptor, file, flags);
}

/** Whether Linux's file has a poll operation: of plain files only the tables of mounts have one. */
function canPoll(core: Core, caller: TaskId, file: OpenFile): boolean {
  if (file.kind === KIND_PIPE) return true;
  const type = file.mode & S_IFMT;
  if (type === S_IFREG) return isProc(core, file.mount) && TABLES.has(file.name);
  if (type === S_IFDIR) return false;
  if (type !== S_IFCHR) return true;
  const device = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.device);
  return device >>> 8 !== 1 || (device & 0xff) === MINOR_RANDOM;
}

/** Levels of epoll files from this one inwards, itself counted. */
function depthBelow(core: Core, file: number): number {
  const epoll = core.state.epolls.get(file);
  if (epoll === undefined) return 0;
  let deepest = 0;
  for (const token of epoll.items.values()) {
    const item = core.state.epollItems.get(token);
    if (item !== undefined) deepest = Math.max(deepest, depthBelow(core, item.file));
  }
  return 1 + deepest;
}

/** Levels of epoll files from this one outwards, itself counted. */
function heightAbove(core: Core, file: number): number {
  let highest = 0;
  for (const token of core.state.watched.get(file) ?? []) {
    const item = core.state.epollItems.get(token);
    if (item !== undefined) highest = Math.max(highest, heightAbove(core, item.epoll));
  }
  return 1 + highest;
}

/** Whether `file` watches `sought`, at whatever depth. */
function leadsTo(core: Core, file: number, sought: number): boolean {
  if (file === sought) return true;
  const { epolls, epollItems } = core.state;
  for (const token of epolls.get(file)?.items.values() ?? []) {
    const item = epollItems.get(token);
    if (item !== undefined && leadsTo(core, item.file, sought)) return true;
  }
  return false;
}

/** Watches the item's file from now on; what holds already is ready at once. */
function register(core: Core, caller: TaskId, token: number, item: EpollItem): void {
  const { kernel } = core;
  const { set } = core.state.epolls.get(item.epoll) as Epoll;
  kernel.watch(caller, set, token, (item.events & EPOLLEXCLUSIVE) !== 0 ? 1 : 0);
  const events = pollFile(core, caller, fileAt(core, item.file), item.mask, 1);
  kernel.watch(caller, 0, 0, 0);
  if ((events & item.mask) === 0) return;
  kernel.putReady(set, token);
  kernel.wake(set, ALL);
}

/** What of a wish is events: errors and hang-ups always are. */
const maskOf = (events: number): number => (events & ~HOW) | POLLERR | POLLHUP;

/** epoll_ctl(2). */
export function controlEpoll(
  core: Core,
  caller: TaskId,
  epollDescriptor: number,
  operation: number,
  descriptor: number,
  event: number,
): Result {
  const { kernel, state } = core;
  const bytes = new Uint8Array(EPOLL_EVENT_BYTES);
  if (operation !== EPOLL_CTL_DEL) {
    if (event === 0) return -EFAULT;
    const failed = kernel.copyIn(caller, event, bytes, 0, EPOLL_EVENT_BYTES);
    if (failed < 0) return failed;
  }
  const view = new DataView(bytes.buffer);
  const outer = openFile(core, caller, epollDescriptor);
  const file = openFile(core, caller, descriptor);
  if (outer === undefined || file === undefined) return -EBADF;
  if (!canPoll(core, caller, file)) return -EPERM;
  const epoll = state.epolls.get(outer.id);
  if (epoll === undefined || outer === file) return -EINVAL;
  const events = view.getUint32(0, true);
  if (operation !== EPOLL_CTL_DEL && (events & EPOLLEXCLUSIVE) !== 0) {
    if (operation === EPOLL_CTL_MOD || state.epolls.has(file.id)) return -EINVAL;
    if ((events & ~WITH_EXCLUSIVE) !== 0) return -EINVAL;
  }
  if (operation === EPOLL_CTL_ADD && state.epolls.has(file.id)) {
    const levels = depthBelow(core, file.id) + heightAbove(core, outer.id);
    if (leadsTo(core, file.id, outer.id) || levels > EPOLL_NESTING_MAX) return -ELOOP;
  }
  const token = epoll.items.get(itemKey(file, descriptor)) ?? 0;
  const item = state.epollItems.get(token);
  const low = view.getInt32(8, true);
  const high = view.getInt32(12, true);
  switch (operation) {
    case EPOLL_CTL_ADD: {
      if (item !== undefined) return -EEXIST;
      if (mayHold(core, outer.job, EPOLL_ITEM_BYTES) < 0) return -ENOMEM;
      addItem(core, caller, outer, file, descriptor, events, low, high);
      return 0;
    }
    case EPOLL_CTL_DEL:
      if (item === undefined) return -ENOENT;
      dropItem(core, token, item);
      return 0;
    case EPOLL_CTL_MOD:
      if (item === undefined) return -ENOENT;
      if ((item.events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      kernel.unwatch(epoll.set, token);
      Object.assign(item, { events, mask: maskOf(events), low, high });
      register(core, caller, token, item);
      return 0;
    default:
      return -EINVAL;
  }
}

function addItem(
  core: Core,
  caller: TaskId,
  outer: OpenFile,
  file: OpenFile,
  descriptor: number,
  events: number,
  low: number,
  high: number,
): void {
  const { state } = core;
  const token = state.nextId++;
  const mask = maskOf(events);
  const { job } = outer;
  hold(core, job, EPOLL_ITEM_BYTES);
  const item: EpollItem = {
    job,
    epoll: outer.id,
    file: file.id,
    descriptor,
    events,
    mask,
    low,
    high,
  };
  state.epollItems.set(token, item);
  state.epolls.get(outer.id)?.items.set(itemKey(file, descriptor), token);
  const tokens = state.watched.get(file.id);
  if (tokens === undefined) state.watched.set(file.id, new Set([token]));
  else tokens.add(token);
  register(core, caller, token, item);
}

/** epoll_wait(2). @returns how many events, -errno or BLOCKED */
export function waitEpoll(
  core: Core,
  caller: TaskId,
  descriptor: number,
  address: number,
  lengthBytes: number,
  timeoutNanoseconds: number,
): Result {
  const { kernel, state } = core;
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const epoll = state.epolls.get(file.id);
  if (epoll === undefined) return -EINVAL;
  if (timeoutNanoseconds > 0 && kernel.deadline(caller) === Number.POSITIVE_INFINITY) {
    kernel.setDeadline(caller, kernel.monotonicNanoseconds() + timeoutNanoseconds);
  }
  if (timeoutNanoseconds !== 0 && kernel.readyCount(epoll.set) > 0 && kernel.forced(caller)) {
    return kernel.block(caller, epoll.set);
  }
  const room = Math.floor(lengthBytes / EPOLL_EVENT_BYTES);
  const bytes = new Uint8Array(room * EPOLL_EVENT_BYTES);
  const found = collect(core, caller, epoll, new DataView(bytes.buffer), room);
  if (found < 0) return found;
  if (found > 0) {
    kernel.charge(caller, found);
    const failed = kernel.copyOut(caller, address, bytes, 0, found * EPOLL_EVENT_BYTES);
    return failed < 0 ? failed : found;
  }
  const isOver = kernel.monotonicNanoseconds() >= kernel.deadline(caller);
  return timeoutNanoseconds === 0 || isOver ? 0 : kernel.block(caller, epoll.set);
}

/** Asks what is ready, once each. @returns how many events are in the view, or -EFAULT */
function collect(core: Core, caller: TaskId, epoll: Epoll, view: DataView, room: number): Result {
  const { kernel, state } = core;
  let found = 0;
  for (let count = kernel.readyCount(epoll.set); count > 0; count--) {
    if (found === room && room > 0) break;
    const token = kernel.takeReady(epoll.set);
    const item = state.epollItems.get(token);
    if (item === undefined || item.mask === 0) continue;
    const file = fileAt(core, item.file);
    const events = pollFile(core, caller, file, item.mask, 0) & item.mask;
    if (events === 0) continue;
    if (room === 0) {
      kernel.putReady(epoll.set, token);
      return -EFAULT;
    }
    const at = found * EPOLL_EVENT_BYTES;
    view.setUint32(at, events, true);
    view.setInt32(at + 8, item.low, true);
    view.setInt32(at + 12, item.high, true);
    found++;
    if ((item.events & EPOLLONESHOT) !== 0) item.mask = 0;
    else if ((item.events & EPOLLET) === 0) kernel.putReady(epoll.set, token);
  }
  return found;
}
