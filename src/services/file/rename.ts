/**
 * What two names take part in: rename and link. The order of refusals is Linux's (fs/namei.c).
 */
import { CAP_DAC_READ_SEARCH } from "../../abi/capability.js";
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from "../../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_FOLLOW,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
  S_IFDIR,
  S_IFMT,
} from "../../abi/file.js";
import {
  IN_ATTRIB,
  IN_CREATE,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
} from "../../abi/inotify.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { mayCreate } from "./create.js";
import { exchanged } from "./link-texts.js";
import { publishMounts } from "./mount-text.js";
import { type PathArgument, walkTo, walkToNew } from "./names.js";
import { noticeChild, noticeSelf, noticeUnlinked, WITHIN_DIRECTORY } from "./notify.js";
import { parentOf } from "./paths.js";
import {
  checkAccess,
  checkRemoval,
  checkWritable,
  isCapable,
  isFrozen,
  MAY_WRITE,
} from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, mountOf } from "./state.js";
import { childOf } from "./subjects.js";
import { EMPTY, ENTRY, FOLLOW, LAST_NAME, namedOf, type Walk } from "./walk.js";

const FLAGS = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT;

const isDirectory = (walk: Walk): boolean => (walk.mode & S_IFMT) === S_IFDIR;

/** renameat2(2). @param flags RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT */
export function rename(
  core: Core,
  caller: TaskId,
  from: PathArgument,
  to: PathArgument,
  flags: number,
): Result {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  if (exchange && (flags & ~RENAME_EXCHANGE) !== 0) return -EINVAL;
  const old = walkTo(core, caller, from, ENTRY);
  if (old.error < 0) return old.error;
  const target = walkTo(core, caller, to, ENTRY);
  if (target.error < 0) return target.error;
  const refused = mayRename(core, caller, old, target, flags);
  if (refused < 0) return refused;
  const isReplaced = !exchange && target.node >= 0;
  const fileSystem = fileSystemOf(core, old.parentMount);
  const replacedLinks = isReplaced ? fileSystem.attribute(caller, target.node, NODE.links) : 0;
  const done = fileSystem.rename(
    caller,
    old.parent,
    old.name,
    old.nameLength,
    target.parent,
    target.name,
    target.nameLength,
    flags,
  );
  if (done < 0 || old.node === target.node) return done;
  exchanged(core, caller, namedOf(core, old), namedOf(core, target), exchange);
  noticeMoved(core, old, target, exchange);
  if (isReplaced) {
    const isLast = isDirectory(target) || replacedLinks === 1;
    noticeUnlinked(core, target.mount, target.node, target.mode, isLast);
  }
  const carries =
    isAboveMount(core, caller, old) || (exchange && isAboveMount(core, caller, target));
  if (carries) publishMounts(core, caller);
  return done;
}

/** Tells those who watch the directories and the nodes. */
function noticeMoved(core: Core, old: Walk, target: Walk, exchange: boolean): void {
  if (core.state.noticed.size === 0) return;
  const moves: [Walk, Walk][] = [[old, target]];
  if (exchange) moves.push([target, old]);
  for (const [from, to] of moves) {
    const cookie = core.state.nextCookie++;
    const within = from.parent === to.parent ? WITHIN_DIRECTORY : 0;
    noticeChild(core, childOf(core, from), from.mode, IN_MOVED_FROM | within, cookie);
    noticeChild(core, childOf(core, to), from.mode, IN_MOVED_TO | within, cookie);
    noticeSelf(core, from.mount, from.node, IN_MOVE_SELF);
  }
}

/** Refusals of rename(2) that are not the file system's. @returns 0 or -errno */
function mayRename(core: Core, caller: TaskId, old: Walk, target: Walk, flags: number): Result {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const mount = old.parentMount;
  if (mount !== target.parentMount) return -EXDEV;
  if (old.last !== LAST_NAME) return -EBUSY;
  const isNew = (flags & RENAME_NOREPLACE) !== 0;
  if (target.last !== LAST_NAME) return isNew ? -EEXIST : -EBUSY;
  const unwritable = checkWritable(core, mount);
  if (unwritable < 0) return unwritable;
  if (old.node < 0) return -ENOENT;
  if (isNew && target.node >= 0) return -EEXIST;
  if (exchange) {
    if (target.node < 0) return -ENOENT;
    if (!isDirectory(target) && target.slash) return -ENOTDIR;
  }
  if (!isDirectory(old)) {
    if (old.slash || (!exchange && target.slash)) return -ENOTDIR;
  }
  if (old.parent !== target.parent) {
    if (isAbove(core, caller, old, target.parent)) return -EINVAL;
    if (isAbove(core, caller, target, old.parent)) return exchange ? -EINVAL : -ENOTEMPTY;
  }
  if (old.node === target.node) return 0;
  const refused = mayMove(core, caller, old, target, exchange);
  if (refused < 0) return refused;
  return old.isMountPoint || target.isMountPoint ? -EBUSY : 0;
}

/** Whether something is mounted below what a walk came to. */
function isAboveMount(core: Core, caller: TaskId, walk: Walk): boolean {
  if (!isDirectory(walk)) return false;
  const { fileSystem } = mountOf(core, walk.parentMount);
  for (const { parent, point, pointDirectory } of core.state.mounts.values()) {
    if (parent < 0 || mountOf(core, parent).fileSystem !== fileSystem) continue;
    if (isAbove(core, caller, walk, pointDirectory < 0 ? point : pointDirectory)) return true;
  }
  return false;
}

/** Whether what a walk came to is a directory or one of those above it. */
function isAbove(core: Core, caller: TaskId, walk: Walk, directory: number): boolean {
  if (walk.node < 0 || !isDirectory(walk)) return false;
  for (let at = directory; ; ) {
    if (at === walk.node) return true;
    const above = parentOf(core, caller, walk.parentMount, at);
    if (above < 0 || above === at) return false;
    at = above;
  }
}

/** Permissions for rename(2). @returns 0 or -errno */
function mayMove(core: Core, caller: TaskId, old: Walk, target: Walk, exchange: boolean): Result {
  const mount = old.parentMount;
  const refused = checkRemoval(core, caller, mount, old.parent, old.node);
  if (refused < 0) return refused;
  if (target.node < 0) {
    const there = mayCreate(core, caller, target);
    if (there < 0) return there;
  } else {
    const there = checkRemoval(core, caller, mount, target.parent, target.node);
    if (there < 0) return there;
    if (!exchange && isDirectory(old) !== isDirectory(target)) {
      return isDirectory(old) ? -ENOTDIR : -EISDIR;
    }
  }
  if (old.parent === target.parent) return 0;
  // A directory that gets another parent has its ".." changed.
  for (const moved of exchange ? [old, target] : [old]) {
    if (!isDirectory(moved)) continue;
    const unwritable = checkAccess(core, caller, mount, moved.node, moved.mode, MAY_WRITE);
    if (unwritable < 0) return unwritable;
  }
  return 0;
}

/** linkat(2). */
export function link(
  core: Core,
  caller: TaskId,
  from: PathArgument,
  to: PathArgument,
  flags: number,
): Result {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const empty =
    (flags & AT_EMPTY_PATH) !== 0 && isCapable(core, caller, CAP_DAC_READ_SEARCH) ? EMPTY : 0;
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0 ? FOLLOW : 0;
  const old = walkTo(core, caller, from, follow | empty);
  if (old.error < 0) return old.error;
  if (old.node < 0) return old.file !== 0 ? -EXDEV : -ENOENT;
  const target = walkToNew(core, caller, to, false);
  if (target.error < 0) return target.error;
  if (old.mount !== target.parentMount) return -EXDEV;
  const refused = mayCreate(core, caller, target);
  if (refused < 0) return refused;
  if (isDirectory(old) || isFrozen(core, caller, old.mount, old.node)) return -EPERM;
  const { parent, name, nameLength } = target;
  const failed = fileSystemOf(core, old.mount).link(caller, parent, name, nameLength, old.node);
  if (failed < 0) return failed;
  noticeSelf(core, old.mount, old.node, IN_ATTRIB);
  noticeChild(core, childOf(core, target), old.mode, IN_CREATE);
  return 0;
}
