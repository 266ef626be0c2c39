/**
 * Names: mkdir, mknod, unlink, rmdir, rename, link, symlink, readlink; the working directory and
 * the root of a process.
 */
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
  ERANGE,
  EXDEV,
} from "../../abi/errno.js";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  DIRENT_NAME_OFFSET,
  getInteger64,
  PATH_MAX,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../abi/file.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { EVENT_NAMES, eventKind } from "../events/protocol.js";
import { isDescriptorLink, linkedFile } from "./links.js";
import { rootOf } from "./mounts.js";
import { createNode, mayCreate } from "./open.js";
import { checkAccess, checkRemoval, isPrivileged, MAY_EXECUTE, MAY_WRITE } from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, contextOf, fileSystemOf, type OpenFile, type Place, placeAt } from "./state.js";
import {
  EMPTY,
  FOLLOW,
  LAST_DOT,
  LAST_DOT_DOT,
  LAST_NAME,
  toParent,
  type Walk,
  walkPath,
} from "./walk.js";

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

/** mkdir(2). A mount point whose directory below is missing gets one, so that listings show it. */
export function makeDirectory(core: Core, caller: TaskId, at: PathArgument, mode: number): Result {
  const walk = walkTo(core, caller, at, 0);
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0 && !walk.isMountPoint) return -EEXIST;
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
  const walk = walkTo(core, caller, at, 0);
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0) return -EEXIST;
  if (walk.slash) return -ENOENT;
  if (isDevice && !isPrivileged(core, caller)) return -EPERM;
  const number = isDevice ? device : 0;
  return Math.min(0, createNode(core, caller, walk, type | (mode & 0o7777), number));
}

/** unlink(2), or with AT_REMOVEDIR rmdir(2). */
export function unlink(core: Core, caller: TaskId, at: PathArgument, flags: number): Result {
  if ((flags & ~AT_REMOVEDIR) !== 0) return -EINVAL;
  const asDirectory = (flags & AT_REMOVEDIR) !== 0;
  const walk = walkTo(core, caller, at, 0);
  if (walk.error < 0) return walk.error;
  if (walk.last !== LAST_NAME) {
    if (!asDirectory) return -EISDIR;
    if (walk.last === LAST_DOT) return -EINVAL;
    return walk.last === LAST_DOT_DOT ? -ENOTEMPTY : -EBUSY;
  }
  if (walk.node < 0) return -ENOENT;
  const { parentMount, parent, name, nameLength } = walk;
  if (walk.isMountPoint) return asDirectory ? -EBUSY : -EISDIR;
  const refused = checkRemoval(core, caller, parentMount, parent, walk.node);
  if (refused < 0) return refused;
  const fileSystem = fileSystemOf(core, parentMount);
  return fileSystem.unlink(caller, parent, name, nameLength, asDirectory ? 1 : 0);
}

/** renameat2(2). @param flags RENAME_NOREPLACE, RENAME_EXCHANGE */
export function rename(
  core: Core,
  caller: TaskId,
  from: PathArgument,
  to: PathArgument,
  flags: number,
): Result {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) return -EINVAL;
  if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
  const old = walkTo(core, caller, from, 0);
  if (old.error < 0) return old.error;
  const target = walkTo(core, caller, to, 0);
  if (target.error < 0) return target.error;
  if (old.last !== LAST_NAME) return -EBUSY;
  if (target.last !== LAST_NAME) return flags === RENAME_NOREPLACE ? -EEXIST : -EBUSY;
  if (old.parentMount !== target.parentMount) return -EXDEV;
  if (old.node < 0) return -ENOENT;
  if (old.isMountPoint || target.isMountPoint) return -EBUSY;
  const isDirectory = (old.mode & S_IFMT) === S_IFDIR;
  if (!isDirectory && target.slash && (flags & RENAME_EXCHANGE) === 0) return -ENOTDIR;
  const refused = mayRename(core, caller, old, target, isDirectory);
  if (refused < 0) return refused;
  return fileSystemOf(core, old.parentMount).rename(
    caller,
    old.parent,
    old.name,
    old.nameLength,
    target.parent,
    target.name,
    target.nameLength,
    flags,
  );
}

/** Permissions for rename(2). @returns 0 or -errno */
function mayRename(
  core: Core,
  caller: TaskId,
  old: Walk,
  target: Walk,
  isDirectory: boolean,
): Result {
  const mount = old.parentMount;
  const refused = checkRemoval(core, caller, mount, old.parent, old.node);
  if (refused < 0) return refused;
  const there =
    target.node < 0
      ? mayCreate(core, caller, target)
      : checkRemoval(core, caller, mount, target.parent, target.node);
  if (there < 0 || !isDirectory || old.parent === target.parent) return there;
  return checkAccess(core, caller, mount, old.node, old.mode, MAY_WRITE);
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
  const empty = (flags & AT_EMPTY_PATH) !== 0 && isPrivileged(core, caller) ? EMPTY : 0;
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0 ? FOLLOW : 0;
  const old = walkTo(core, caller, from, follow | empty);
  if (old.error < 0) return old.error;
  if (old.node < 0) return -ENOENT;
  const target = walkTo(core, caller, to, 0);
  if (target.error < 0) return target.error;
  if (target.node >= 0) return -EEXIST;
  if (target.slash) return -ENOENT;
  if (old.mount !== target.parentMount) return -EXDEV;
  const refused = mayCreate(core, caller, target);
  if (refused < 0) return refused;
  if ((old.mode & S_IFMT) === S_IFDIR) return -EPERM;
  const { parent, name, nameLength } = target;
  return fileSystemOf(core, old.mount).link(caller, parent, name, nameLength, old.node);
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
  const walk = walkTo(core, caller, at, 0);
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0) return -EEXIST;
  if (walk.slash) return -ENOENT;
  const refused = mayCreate(core, caller, walk);
  if (refused < 0) return refused;
  const user = caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  const group = caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
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
  return Math.min(0, made);
}

/** readlinkat(2). @returns bytes, without a NUL */
export function readlink(
  core: Core,
  caller: TaskId,
  at: PathArgument,
  buffer: number,
  lengthBytes: number,
): Result {
  if (lengthBytes <= 0) return -EINVAL;
  const walk = walkTo(core, caller, at, at.directory >= 0 ? EMPTY : 0);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return -ENOENT;
  if ((walk.mode & S_IFMT) !== S_IFLNK) return -EINVAL;
  if (isDescriptorLink(core, walk.mount, walk.node)) {
    return readDescriptorLink(core, caller, walk.node, buffer, lengthBytes);
  }
  return fileSystemOf(core, walk.mount).readlink(caller, walk.node, buffer, lengthBytes);
}

/** Drops a context's hold on a directory. */
export function dropPlace(core: Core, caller: TaskId, id: number): void {
  if (id === 0) return;
  const place = placeAt(core, id);
  place.references--;
  if (place.references > 0) return;
  core.state.places.delete(id);
  fileSystemOf(core, place.mount).release(caller, place.node);
}

/**
 * The walk's directory, if the caller may search it.
 * @returns a place's key with one reference, or -errno
 */
function placeOf(core: Core, caller: TaskId, walk: Walk): Result {
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return walk.file !== 0 ? -ENOTDIR : -ENOENT;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  const { mount, node, mode } = walk;
  const refused = checkAccess(core, caller, mount, node, mode, MAY_EXECUTE);
  if (refused < 0) return refused;
  const failed = fileSystemOf(core, mount).retain(caller, node);
  if (failed < 0) return failed;
  const place: Place = { mount, node, references: 1 };
  const id = core.state.nextId++;
  core.state.places.set(id, place);
  return id;
}

/** chdir(2), or with an empty path fchdir(2). */
export function changeDirectory(core: Core, caller: TaskId, at: PathArgument): Result {
  const isDescriptor = at.length === 0 && at.directory >= 0;
  const walk = walkTo(core, caller, at, isDescriptor ? EMPTY : FOLLOW);
  const place = placeOf(core, caller, walk);
  if (place < 0) return place;
  const context = contextOf(core, caller);
  const old = context.directory;
  context.directory = place;
  dropPlace(core, caller, old);
  return 0;
}

/** chroot(2): the working directory stays where it is. */
export function changeRoot(core: Core, caller: TaskId, at: PathArgument): Result {
  const walk = walkTo(core, caller, at, FOLLOW);
  if (walk.error < 0) return walk.error;
  if (!isPrivileged(core, caller)) return -EPERM;
  const place = placeOf(core, caller, walk);
  if (place < 0) return place;
  const context = contextOf(core, caller);
  const old = context.root;
  context.root = place;
  dropPlace(core, caller, old);
  return 0;
}

/** The name of a node in a directory, by its inode number, as latin1 text; "": it has none. */
function nameIn(core: Core, caller: TaskId, mount: number, directory: number, node: number) {
  const { kernel } = core;
  const fileSystem = fileSystemOf(core, mount);
  const inode = fileSystem.attribute(caller, node, NODE.inode);
  const bytes = new Uint8Array(8192);
  const view = new DataView(bytes.buffer);
  const scratch = kernel.scratch(caller, bytes.length);
  for (let position = 0; ; ) {
    const length = fileSystem.readDirectory(caller, directory, position, scratch, bytes.length);
    if (length <= 0) return "";
    kernel.copyIn(caller, scratch, bytes, 0, length);
    for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
      position = getInteger64(view, at + 8);
      const start = at + DIRENT_NAME_OFFSET;
      const name = String.fromCharCode(...bytes.subarray(start, bytes.indexOf(0, start)));
      if (getInteger64(view, at) === inode && name !== "." && name !== "..") return name;
    }
  }
}

/** Path of what a walk came to: its parent's path and its last name. "": there is none. */
export function pathOfWalk(core: Core, caller: TaskId, walk: Walk): string {
  const parent = { ...walk, mount: walk.parentMount, node: walk.parent, mode: S_IFDIR };
  const above = pathOfDirectory(core, caller, parent);
  const name = new Uint8Array(walk.nameLength);
  if (typeof above === "number") return "";
  if (core.kernel.copyIn(caller, walk.name, name, 0, walk.nameLength) < 0) return "";
  return `${above === "/" ? "" : above}/${String.fromCharCode(...name)}`;
}

/** Path of a directory, each name looked up in its parent; -ENOENT: it has none. */
function pathOfDirectory(core: Core, caller: TaskId, walk: Walk): string | Result {
  let text = "";
  for (;;) {
    const { mount, node } = walk;
    const error = toParent(core, caller, walk);
    if (error < 0) return error;
    if (walk.mount === mount && walk.node === node) break;
    const name =
      walk.mount === mount
        ? nameIn(core, caller, mount, walk.node, node)
        : (core.state.mounts[mount]?.name ?? "");
    if (name === "") return -ENOENT;
    text = `/${name}${text}`;
  }
  const unlinked = text === "" && walk.node !== rootOf(core, caller, walk.mount);
  if (unlinked && contextOf(core, caller).root === 0) return -ENOENT;
  return text === "" ? "/" : text;
}

/** What a link to a file of a hidden mount says; undefined: it is of another. */
function hiddenName(core: Core, file: OpenFile): string | undefined {
  const mount = core.state.mounts[file.mount];
  if (mount?.path !== "") return undefined;
  if (mount.type === "events") return EVENT_NAMES[eventKind(file.node)] ?? "";
  return `${mount.type}:[${file.node}]`;
}

/**
 * readlink of /proc/PID/fd/N. Where a directory or a device lies is found out; of other files only
 * the mount and the inode number are known, since an open file keeps no name.
 */
function readDescriptorLink(
  core: Core,
  caller: TaskId,
  node: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const file = linkedFile(core, caller, node);
  if (typeof file === "number") return file;
  let text = `pipe:[${file.pipe}]`;
  const hidden = hiddenName(core, file);
  if (hidden !== undefined) text = hidden;
  else if (file.mount >= 0) {
    const above = (core.state.mounts[file.mount]?.path ?? "").replace(/\/$/, "");
    const root = rootOf(core, caller, file.mount);
    if ((file.mode & S_IFMT) === S_IFDIR) {
      const walk = walkPath(core, caller, AT_FDCWD, 0, 0, EMPTY);
      const { mount, mode } = file;
      Object.assign(walk, { mount, node: file.node, mode });
      const path = pathOfDirectory(core, caller, walk);
      text = typeof path === "number" ? `${above}/(deleted)` : path;
    } else {
      const name = nameIn(core, caller, file.mount, root, file.node);
      text = name === "" ? `${above}/(inode ${file.node})` : `${above}/${name}`;
    }
  }
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const length = Math.min(lengthBytes, bytes.length);
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, length);
  return failed < 0 ? failed : length;
}

/** getcwd(2). @returns bytes with the NUL, or -ERANGE, -ENOENT */
export function currentDirectory(
  core: Core,
  caller: TaskId,
  buffer: number,
  lengthBytes: number,
): Result {
  const walk = walkPath(core, caller, AT_FDCWD, 0, 0, EMPTY);
  const text = pathOfDirectory(core, caller, walk);
  if (typeof text === "number") return text;
  const bytes = Uint8Array.from(`${text}\0`, (c) => c.charCodeAt(0));
  if (bytes.length > lengthBytes) return -ERANGE;
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  return failed < 0 ? failed : bytes.length;
}
