/**
 * Path resolution (path_resolution(7)): from a start directory over names, mounts, ".." and
 * symbolic links to a node. Names go to file systems as parts of the path's own range; a symbolic
 * link makes a new path, target and rest, in a new scratch buffer.
 */
import { EBADF, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from "../../abi/errno.js";
import {
  AT_FDCWD,
  NAME_MAX,
  PATH_MAX,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  SYMLINKS_MAX,
} from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import { anyFile } from "./descriptors.js";
import { isDescriptorLink, linkedFile } from "./links.js";
import { mountAt, rootOf } from "./mounts.js";
import { checkAccess, MAY_EXECUTE } from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, contextOf, fileSystemOf, placeAt } from "./state.js";

/** Follow a symbolic link in the last place. */
export const FOLLOW = 1;
/** An empty path is the start directory itself, or the descriptor's file of any type. */
export const EMPTY = 2;
/** Check search permission as the real ids (access(2)). */
export const REAL_IDS = 4;
/** No permission checks (boot). */
export const PRIVILEGED = 8;

/** What stands in the last place of a path. */
export const LAST_NAME = 0;
export const LAST_DOT = 1;
export const LAST_DOT_DOT = 2;
export const LAST_ROOT = 3;

export interface Walk {
  /** 0, or -errno: the rest has no meaning. */
  error: number;
  mount: number;
  /** -1: the last name does not exist in `parent`. */
  node: number;
  mode: number;
  /** Open file that an empty path names, when it is not a node (a pipe); else 0. */
  file: number;
  parentMount: number;
  parent: number;
  /** The last name: address and length in scratch; LAST_NAME … */
  name: number;
  nameLength: number;
  last: number;
  /** Slashes behind the last name: it must be a directory. */
  slash: boolean;
  /** The last name is a mount point. */
  isMountPoint: boolean;
}

interface Path {
  bytes: Uint8Array;
  address: number;
  position: number;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** A walk that has come to nothing yet. */
export function newWalk(): Walk {
  return {
    error: 0,
    mount: 0,
    node: -1,
    mode: 0,
    file: 0,
    parentMount: 0,
    parent: -1,
    name: 0,
    nameLength: 0,
    last: LAST_ROOT,
    slash: false,
    isMountPoint: false,
  };
}

/** The process's root directory. */
function toRoot(core: Core, caller: TaskId, walk: Walk): void {
  const { root } = contextOf(core, caller);
  if (root === 0) {
    walk.mount = 0;
    walk.node = rootOf(core, caller, 0);
  } else {
    ({ mount: walk.mount, node: walk.node } = placeAt(core, root));
  }
  walk.mode = fileSystemOf(core, walk.mount).attribute(caller, walk.node, NODE.mode);
}

/** Sets the walk to AT_FDCWD or a descriptor's node. @returns 0, -EBADF */
function toDescriptor(core: Core, caller: TaskId, descriptor: number, walk: Walk): number {
  if (descriptor === AT_FDCWD) {
    const { directory } = contextOf(core, caller);
    if (directory === 0) {
      toRoot(core, caller, walk);
      return 0;
    }
    ({ mount: walk.mount, node: walk.node } = placeAt(core, directory));
  } else {
    const file = anyFile(core, caller, descriptor);
    if (file === undefined) return -EBADF;
    walk.file = file.id;
    walk.mount = file.mount;
    walk.node = file.node;
    walk.mode = file.mode;
    if (file.mount < 0) return 0;
  }
  walk.mode = fileSystemOf(core, walk.mount).attribute(caller, walk.node, NODE.mode);
  return 0;
}

function failed(walk: Walk, error: number): Walk {
  walk.error = error;
  return walk;
}

/**
 * Resolves a path.
 * @param directory AT_FDCWD or a descriptor, for a relative path
 * @param path its address in scratch, without the NUL
 * @param flags FOLLOW, EMPTY, REAL_IDS, PRIVILEGED
 * @returns the walk; a missing last name is node -1, not an error
 */
export function walkPath(
  core: Core,
  caller: TaskId,
  directory: number,
  path: number,
  pathLength: number,
  flags: number,
): Walk {
  const walk = newWalk();
  if (pathLength >= PATH_MAX) return failed(walk, -ENAMETOOLONG);
  if (pathLength === 0) {
    if ((flags & EMPTY) === 0) return failed(walk, -ENOENT);
    walk.last = LAST_DOT;
    return failed(walk, toDescriptor(core, caller, directory, walk));
  }
  const bytes = new Uint8Array(pathLength);
  const error = core.kernel.copyIn(caller, path, bytes, 0, pathLength);
  if (error < 0) return failed(walk, error);
  if (bytes[0] === SLASH) toRoot(core, caller, walk);
  else {
    const bad = toDescriptor(core, caller, directory, walk);
    if (bad < 0) return failed(walk, bad);
  }
  walk.file = 0;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return failed(walk, -ENOTDIR);
  return steps(core, caller, walk, { bytes, address: path, position: 0 }, flags);
}

/** Goes over the names of a path until it is at its end or fails. */
function steps(core: Core, caller: TaskId, walk: Walk, path: Path, flags: number): Walk {
  for (let links = 0; ; ) {
    // Behind a link to a pipe (/proc/self/fd/N) nothing can follow.
    if (walk.node < 0 && path.position < path.bytes.length) return failed(walk, -ENOTDIR);
    const { bytes } = path;
    let start = path.position;
    while (bytes[start] === SLASH) start++;
    if (start >= bytes.length) return walk;
    let end = start;
    while (end < bytes.length && bytes[end] !== SLASH) end++;
    let rest = end;
    while (bytes[rest] === SLASH) rest++;
    const isLast = rest >= bytes.length;
    path.position = end;
    const error = step(core, caller, walk, path, start, end, flags);
    if (error < 0) return failed(walk, error);
    walk.slash = rest > end;
    if (walk.node < 0) return isLast ? walk : failed(walk, -ENOENT);
    const isLink = (walk.mode & S_IFMT) === S_IFLNK;
    if (isLink && (!isLast || walk.slash || (flags & FOLLOW) !== 0)) {
      if (++links > SYMLINKS_MAX) return failed(walk, -ELOOP);
      const bad = follow(core, caller, walk, path);
      if (bad < 0) return failed(walk, bad);
    } else if ((walk.slash || !isLast) && (walk.mode & S_IFMT) !== S_IFDIR) {
      return failed(walk, -ENOTDIR);
    }
  }
}

/** One name: from the directory walk.node to the node of bytes[start, end). */
function step(
  core: Core,
  caller: TaskId,
  walk: Walk,
  path: Path,
  start: number,
  end: number,
  flags: number,
): number {
  const { mount, node, mode } = walk;
  if (end - start > NAME_MAX) return -ENAMETOOLONG;
  if ((flags & PRIVILEGED) === 0) {
    const real = (flags & REAL_IDS) !== 0;
    const refused = checkAccess(core, caller, mount, node, mode, MAY_EXECUTE, real);
    if (refused < 0) return refused;
  }
  const { bytes } = path;
  walk.file = 0;
  walk.isMountPoint = false;
  walk.parentMount = mount;
  walk.parent = node;
  walk.name = path.address + start;
  walk.nameLength = end - start;
  walk.last = LAST_NAME;
  if (bytes[start] === DOT && end - start === 1) {
    walk.last = LAST_DOT;
    return 0;
  }
  if (bytes[start] === DOT && bytes[start + 1] === DOT && end - start === 2) {
    walk.last = LAST_DOT_DOT;
    return toParent(core, caller, walk);
  }
  const covering = mountAt(core, caller, mount, node, bytes, start, end);
  if (covering >= 0) {
    walk.isMountPoint = true;
    walk.mount = covering;
    walk.node = rootOf(core, caller, covering);
  } else {
    const found = fileSystemOf(core, mount).lookup(caller, node, walk.name, walk.nameLength);
    walk.node = found === -ENOENT ? -1 : found;
    if (found < 0) return found === -ENOENT ? 0 : found;
    if (isDescriptorLink(core, mount, found)) {
      const file = linkedFile(core, caller, found);
      if (typeof file === "number") return file;
    }
  }
  walk.mode = fileSystemOf(core, walk.mount).attribute(caller, walk.node, NODE.mode);
  return 0;
}

/** "..": never above the process's root; out of a mount's root into the directory that shows it. */
export function toParent(core: Core, caller: TaskId, walk: Walk): number {
  const top = newWalk();
  toRoot(core, caller, top);
  if (walk.mount === top.mount && walk.node === top.node) return 0;
  if (walk.node === rootOf(core, caller, walk.mount)) {
    const above = core.state.mounts[walk.mount]?.parent ?? -1;
    if (above < 0) return 0;
    // A mount point lies directly in its parent's root directory: that is where ".." leads.
    walk.mount = above;
    walk.node = rootOf(core, caller, above);
    walk.mode = fileSystemOf(core, above).attribute(caller, walk.node, NODE.mode);
    return 0;
  }
  const name = core.kernel.scratch(caller, 2);
  core.kernel.copyOut(caller, name, Uint8Array.of(DOT, DOT), 0, 2);
  const parent = fileSystemOf(core, walk.mount).lookup(caller, walk.node, name, 2);
  if (parent < 0) return parent;
  walk.node = parent;
  walk.mode = fileSystemOf(core, walk.mount).attribute(caller, parent, NODE.mode);
  return 0;
}

/** A symbolic link: the path becomes its target and the rest; the walk is where that begins. */
function follow(core: Core, caller: TaskId, walk: Walk, path: Path): number {
  const { kernel } = core;
  if (isDescriptorLink(core, walk.mount, walk.node)) return jump(core, caller, walk);
  const buffer = kernel.scratch(caller, PATH_MAX);
  const length = fileSystemOf(core, walk.mount).readlink(caller, walk.node, buffer, PATH_MAX);
  if (length < 0) return length;
  if (length === 0) return -ENOENT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  const rest = path.bytes.subarray(path.position);
  const bytes = new Uint8Array(length + rest.length);
  kernel.copyIn(caller, buffer, bytes, 0, length);
  bytes.set(rest, length);
  path.address = kernel.scratch(caller, bytes.length);
  kernel.copyOut(caller, path.address, bytes, 0, bytes.length);
  path.bytes = bytes;
  path.position = 0;
  walk.mount = walk.parentMount;
  walk.node = walk.parent;
  walk.mode = fileSystemOf(core, walk.mount).attribute(caller, walk.node, NODE.mode);
  walk.last = LAST_DOT;
  if (bytes[0] === SLASH) {
    toRoot(core, caller, walk);
    walk.last = LAST_ROOT;
  }
  return 0;
}

/** A link of /proc/PID/fd: straight to the open file; the rest of the path goes on from there. */
function jump(core: Core, caller: TaskId, walk: Walk): number {
  const file = linkedFile(core, caller, walk.node);
  if (typeof file === "number") return file;
  walk.file = file.id;
  walk.mount = file.mount;
  walk.node = file.node;
  walk.mode = file.mode;
  walk.last = LAST_DOT;
  if (file.mount < 0) return 0;
  walk.mode = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.mode);
  return 0;
}
