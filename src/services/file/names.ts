/**
 * Names: mkdir, mknod, unlink, rmdir, symlink. What two names take part in (rename, link)
 * is in rename.ts. The order of refusals is Linux's (fs/namei.c).
 */
import { CAP_MKNOD } from "../../abi/capability.js";
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
} from "../../abi/errno.js";
import {
  AT_REMOVEDIR,
  PATH_MAX,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../abi/file.js";
import { IN_CREATE, IN_DELETE } from "../../abi/inotify.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { createNode, mayCreate, ownerFor } from "./create.js";
import { unlinked } from "./link-texts.js";
import { noticeChild, noticeUnlinked } from "./notify.js";
import { checkRemoval, checkWritable, isCapable } from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf } from "./state.js";
import { childOf } from "./subjects.js";
import { ENTRY, LAST_DOT, LAST_DOT_DOT, LAST_NAME, namedOf, type Walk, walkPath } from "./walk.js";

/** A path as operations get it: descriptor, address, length. */
export interface PathArgument {
  readonly directory: number;
  readonly path: number;
  readonly length: number;
}

/** Puts a path's three words together. */
export const pathOf = (directory: number, path: number, length: number): PathArgument => ({
  directory,
  path,
  length,
});

/** walkPath of a path in one piece. */
export const walkTo = (core: Core, caller: TaskId, at: PathArgument, flags: number): Walk =>
  walkPath(core, caller, at.directory, at.path, at.length, flags);

/**
 * Walks to a name that is to be made. @returns the walk; its error is -EEXIST, -ENOENT (a slash
 * behind what is to be no directory), -EROFS or what the walk met
 */
export function walkToNew(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  asDirectory: boolean,
): Walk {
  const walk = walkTo(core, caller, at, ENTRY);
  if (walk.error < 0) return walk;
  if (walk.node >= 0) walk.error = -EEXIST;
  else if (walk.slash && !asDirectory) walk.error = -ENOENT;
  else walk.error = checkWritable(core, walk.parentMount);
  return walk;
}

/** mkdir(2). */
export function makeDirectory(core: Core, caller: TaskId, at: PathArgument, mode: number): Result {
  const walk = walkToNew(core, caller, at, true);
  if (walk.error < 0) return walk.error;
  return Math.min(0, createNode(core, caller, walk, S_IFDIR | (mode & 0o1777), 0));
}

/** mknod(2). @param mode type and permission bits */
export function makeNode(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  mode: number,
  device: number,
): Result {
  const type = (mode & S_IFMT) === 0 ? S_IFREG : mode & S_IFMT;
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (type === S_IFDIR) return -EPERM;
  if (!isDevice && type !== S_IFREG && type !== S_IFIFO && type !== S_IFSOCK) return -EINVAL;
  const walk = walkToNew(core, caller, at, false);
  if (walk.error < 0) return walk.error;
  const refused = mayCreate(core, caller, walk);
  if (refused < 0) return refused;
  // The device 0:0 is nobody's: it is what RENAME_WHITEOUT leaves.
  const isWhiteout = type === S_IFCHR && device === 0;
  if (isDevice && !isWhiteout && !isCapable(core, caller, CAP_MKNOD)) return -EPERM;
  const number = isDevice ? device : 0;
  return Math.min(0, createNode(core, caller, walk, type | (mode & 0o7777), number));
}

/** unlink(2), or with AT_REMOVEDIR rmdir(2). */
export function unlink(core: Core, caller: TaskId, at: PathArgument, flags: number): Result {
  if ((flags & ~AT_REMOVEDIR) !== 0) return -EINVAL;
  const asDirectory = (flags & AT_REMOVEDIR) !== 0;
  const walk = walkTo(core, caller, at, ENTRY);
  if (walk.error < 0) return walk.error;
  if (walk.last !== LAST_NAME) {
    if (!asDirectory) return -EISDIR;
    if (walk.last === LAST_DOT) return -EINVAL;
    return walk.last === LAST_DOT_DOT ? -ENOTEMPTY : -EBUSY;
  }
  const { parentMount, parent, name, nameLength } = walk;
  const unwritable = checkWritable(core, parentMount);
  if (unwritable < 0) return unwritable;
  if (walk.node < 0) return -ENOENT;
  const isDirectory = (walk.mode & S_IFMT) === S_IFDIR;
  if (!asDirectory && walk.slash) return isDirectory ? -EISDIR : -ENOTDIR;
  const refused = checkRemoval(core, caller, parentMount, parent, walk.node);
  if (refused < 0) return refused;
  if (isDirectory !== asDirectory) return asDirectory ? -ENOTDIR : -EISDIR;
  if (walk.isMountPoint) return -EBUSY;
  const fileSystem = fileSystemOf(core, parentMount);
  const isLast = asDirectory || fileSystem.attribute(caller, walk.node, NODE.links) === 1;
  const failed = fileSystem.unlink(caller, parent, name, nameLength, asDirectory ? 1 : 0);
  if (failed < 0) return failed;
  unlinked(core, caller, namedOf(core, walk));
  noticeUnlinked(core, walk.mount, walk.node, walk.mode, isLast);
  noticeChild(core, childOf(core, walk), walk.mode, IN_DELETE);
  return 0;
}

/** symlinkat(2). */
export function symlink(
  core: Core,
  caller: TaskId,
  target: number,
  targetLength: number,
  at: PathArgument,
): Result {
  if (targetLength === 0) return -ENOENT;
  if (targetLength >= PATH_MAX) return -ENAMETOOLONG;
  const walk = walkToNew(core, caller, at, false);
  if (walk.error < 0) return walk.error;
  const refused = mayCreate(core, caller, walk);
  if (refused < 0) return refused;
  const { user, group } = ownerFor(core, caller, walk);
  const made = fileSystemOf(core, walk.parentMount).symlink(
    caller,
    walk.parent,
    walk.name,
    walk.nameLength,
    target,
    targetLength,
    user,
    group,
  );
  if (made >= 0) noticeChild(core, childOf(core, walk), S_IFLNK, IN_CREATE);
  return Math.min(0, made);
}
