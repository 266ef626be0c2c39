/**
 * Attributes of nodes: stat, statfs, access, chmod, chown, utimensat.
 */
import { EACCES, EBADF, EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../../abi/errno.js";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  encodeStatfs,
  getInteger64,
  PIPEFS_MAGIC,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  UTIME_NOW,
  UTIME_OMIT,
} from "../../abi/file.js";
import { FS_APPEND_FL, FS_IMMUTABLE_FL } from "../../abi/file-data.js";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "../../abi/inotify.js";
import { MS_NOEXEC, STATFS_FLAGS_OFFSET } from "../../abi/mount.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { isReadable, isWritable } from "./descriptors.js";
import { fileOfNode, isMagicLink } from "./links.js";
import { statfsFlags } from "./mounts.js";
import { type PathArgument, walkTo } from "./names.js";
import { notice } from "./notify.js";
import {
  allowedMode,
  checkAccess,
  checkOwnerChange,
  checkWritable,
  inodeFlags,
  isFrozen,
  isOwner,
  isStored,
  MAY_EXECUTE,
  MAY_WRITE,
  withoutPrivileges,
} from "./permissions.js";
import { pipeStat } from "./pipe.js";
import { NODE } from "./protocol.js";
import { type Core, deviceOf, fileAt, fileSystemOf, mountOf, pipeAt } from "./state.js";
import { subjectOf } from "./subjects.js";
import { EMPTY, FOLLOW, REAL_IDS, type Walk } from "./walk.js";

/** Place of st_mode in struct stat of riscv64. */
const STAT_MODE_OFFSET = 16;
/** Flags that all of these calls take. */
const FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;

/** The walk's flags for AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
function walkFlags(flags: number): number {
  const follow = (flags & AT_SYMLINK_NOFOLLOW) !== 0 ? 0 : FOLLOW;
  return follow | ((flags & AT_EMPTY_PATH) !== 0 ? EMPTY : 0);
}

/** Walks to a node that must exist. A pipe without a name is `file` ≠ 0 with mount -1. */
function find(core: Core, caller: TaskId, at: PathArgument, flags: number): Walk {
  const walk = walkTo(core, caller, at, flags);
  if (walk.error === 0 && walk.node < 0 && walk.file === 0) walk.error = -ENOENT;
  return walk;
}

/** fstatat(2). */
export function stat(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  buffer: number,
  flags: number,
): Result {
  if ((flags & ~(FLAGS | AT_NO_AUTOMOUNT)) !== 0) return -EINVAL;
  const walk = find(core, caller, at, walkFlags(flags));
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0) return statNode(core, caller, walk, buffer);
  const bytes = pipeStat(pipeAt(core, fileAt(core, walk.file).pipe));
  return core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
}

/** Fills a struct stat for a walk's node. Links to descriptors have a mode of their own. */
export function statNode(core: Core, caller: TaskId, walk: Walk, buffer: number): Result {
  const { mount, node } = walk;
  const failed = fileSystemOf(core, mount).stat(caller, node, deviceOf(core, mount), buffer);
  const linked = failed < 0 || !isMagicLink(core, mount, node) ? undefined : fileOfNode(core, node);
  if (linked === undefined) return failed;
  const mode = S_IFLNK | (isReadable(linked) ? 0o500 : 0) | (isWritable(linked) ? 0o300 : 0);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, mode, true);
  return core.kernel.copyOut(caller, buffer + STAT_MODE_OFFSET, bytes, 0, bytes.length);
}

/** statfs(2), fstatfs(2). */
export function statfs(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  buffer: number,
  flags: number,
): Result {
  const walk = find(core, caller, at, walkFlags(flags));
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0) {
    const failed = fileSystemOf(core, walk.mount).statfs(caller, walk.node, buffer);
    return failed < 0 ? failed : putMountFlags(core, caller, walk.mount, buffer);
  }
  const bytes = encodeStatfs(PIPEFS_MAGIC, 0, 0, 0, 0);
  return core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
}

/** f_flags of a struct statfs: how it is mounted. */
function putMountFlags(core: Core, caller: TaskId, mount: number, buffer: number): Result {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, statfsFlags(core, mount), true);
  return core.kernel.copyOut(caller, buffer + STATFS_FLAGS_OFFSET, bytes, 0, bytes.length);
}

/** faccessat2(2): as the real ids, or the effective ones with AT_EACCESS. */
export function access(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  mode: number,
  flags: number,
): Result {
  if ((mode & ~7) !== 0) return -EINVAL;
  if ((flags & ~(FLAGS | AT_EACCESS)) !== 0) return -EINVAL;
  const real = (flags & AT_EACCESS) === 0;
  const walk = find(core, caller, at, walkFlags(flags) | (real ? REAL_IDS : 0));
  if (walk.error < 0 || walk.node < 0) return walk.error;
  const { mount, node } = walk;
  const isProgram = (mode & MAY_EXECUTE) !== 0 && (walk.mode & S_IFMT) === S_IFREG;
  if (isProgram && (mountOf(core, mount).flags & MS_NOEXEC) !== 0) return -EACCES;
  const refused = checkAccess(core, caller, mount, node, walk.mode, mode, real);
  if (refused < 0 || (mode & MAY_WRITE) === 0 || !isStored(walk.mode)) return refused;
  return checkWritable(core, mount);
}

/** To a node whose mode or owner the caller may change, but for whose it is. */
function walkToChange(core: Core, caller: TaskId, at: PathArgument, flags: number): Walk | Result {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  const walk = find(core, caller, at, walkFlags(flags));
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -EINVAL;
  const unwritable = checkWritable(core, walk.mount);
  if (unwritable < 0) return unwritable;
  return isFrozen(core, caller, walk.mount, walk.node) ? -EPERM : walk;
}

/** fchmodat(2), fchmod(2) with AT_EMPTY_PATH. */
export function changeMode(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  mode: number,
  flags: number,
): Result {
  const walk = walkToChange(core, caller, at, flags);
  if (typeof walk === "number") return walk;
  const { mount, node } = walk;
  if ((walk.mode & S_IFMT) === S_IFLNK) return -EOPNOTSUPP;
  if (!isOwner(core, caller, mount, node)) return -EPERM;
  const bits = allowedMode(core, caller, mount, node, mode & 0o7777);
  return changed(core, walk, fileSystemOf(core, mount).setAttribute(caller, node, NODE.mode, bits));
}

/** fchownat(2). @param userId, groupId 32-bit; -1: unchanged */
export function changeOwner(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  userId: number,
  groupId: number,
  flags: number,
): Result {
  const walk = walkToChange(core, caller, at, flags);
  if (typeof walk === "number") return walk;
  const { mount, node, mode } = walk;
  const user = userId >>> 0 === 0xffff_ffff ? -1 : userId >>> 0;
  const group = groupId >>> 0 === 0xffff_ffff ? -1 : groupId >>> 0;
  const refused = checkOwnerChange(core, caller, mount, node, user, group);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, mount);
  let failed = 0;
  if (user >= 0) failed = fileSystem.setAttribute(caller, node, NODE.userId, user);
  if (failed === 0 && group >= 0) {
    failed = fileSystem.setAttribute(caller, node, NODE.groupId, group);
  }
  const kept = withoutPrivileges(mode);
  if (failed === 0 && kept !== mode && (mode & S_IFMT) !== S_IFDIR) {
    failed = fileSystem.setAttribute(caller, node, NODE.mode, kept);
  }
  return changed(core, walk, failed);
}

/** Tells those who watch that attributes were changed. @returns failed */
function changed(core: Core, walk: Walk, failed: Result, mask = IN_ATTRIB): Result {
  if (failed === 0) notice(core, subjectOf(core, walk), walk.mode, mask);
  return failed;
}

interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** utimensat(2). @param times two struct timespec, or 0: both now */
export function changeTimes(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  times: number,
  flags: number,
): Result {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  const { kernel } = core;
  const view = new DataView(new ArrayBuffer(32));
  if (times !== 0) {
    const failed = kernel.copyIn(caller, times, new Uint8Array(view.buffer), 0, 32);
    if (failed < 0) return failed;
  } else {
    view.setInt32(8, UTIME_NOW, true);
    view.setInt32(24, UTIME_NOW, true);
  }
  const wanted = [timeAt(core, view, 0), timeAt(core, view, 16)] as const;
  const [accessTime, modifyTime] = wanted;
  if (accessTime === -1 || modifyTime === -1) return -EINVAL;
  const walk = find(core, caller, at, walkFlags(flags));
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -EBADF;
  if (accessTime === undefined && modifyTime === undefined) return 0;
  const { mount, node, mode } = walk;
  const unwritable = checkWritable(core, mount);
  if (unwritable < 0) return unwritable;
  const bothNow = getInteger64(view, 8) === UTIME_NOW && getInteger64(view, 24) === UTIME_NOW;
  const held = inodeFlags(core, caller, mount, node);
  if ((held & FS_IMMUTABLE_FL) !== 0) return -EPERM;
  if ((held & FS_APPEND_FL) !== 0 && !bothNow) return -EPERM;
  if (!isOwner(core, caller, mount, node)) {
    if (!bothNow) return -EPERM;
    if (checkAccess(core, caller, mount, node, mode, MAY_WRITE) < 0) return -EACCES;
  }
  const fileSystem = fileSystemOf(core, mount);
  const set = (which: number, value: number) => fileSystem.setAttribute(caller, node, which, value);
  let failed = 0;
  if (accessTime !== undefined) {
    failed = set(NODE.accessSeconds, accessTime.seconds);
    if (failed === 0) failed = set(NODE.accessNanoseconds, accessTime.nanoseconds);
  }
  if (failed === 0 && modifyTime !== undefined) {
    failed = set(NODE.modifySeconds, modifyTime.seconds);
    if (failed === 0) failed = set(NODE.modifyNanoseconds, modifyTime.nanoseconds);
  }
  if (accessTime === undefined) return changed(core, walk, failed, IN_MODIFY);
  return changed(core, walk, failed, modifyTime === undefined ? IN_ACCESS : IN_ATTRIB);
}

/** A struct timespec of utimensat. @returns the time; undefined: leave it; -1: EINVAL */
function timeAt(core: Core, view: DataView, offset: number): Time | undefined | -1 {
  const nanoseconds = getInteger64(view, offset + 8);
  if (nanoseconds === UTIME_OMIT) return undefined;
  if (nanoseconds === UTIME_NOW) {
    const { kernel } = core;
    return { seconds: kernel.coarseSeconds(), nanoseconds: kernel.coarseNanoseconds() };
  }
  if (nanoseconds < 0 || nanoseconds >= 1e9) return -1;
  return { seconds: getInteger64(view, offset), nanoseconds };
}
