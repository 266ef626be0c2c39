/**
 * Path resolution (path_resolution(7)): from a start directory over names, mounts, ".." and
 * symbolic links to a node. Names go to file systems as parts of the path's own range; a symbolic
 * link makes a new path, target and rest, in a new scratch buffer.
 */
import { EBADF, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../../abi/errno.js";
import {
  AT_FDCWD,
  NAME_MAX,
  PATH_MAX,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  SYMLINKS_MAX,
} from "../../abi/file.js";
import { MS_NOSYMFOLLOW } from "../../abi/mount.js";
import type { TaskId } from "../../kernel/calls.js";
import { anyFile } from "./descriptors.js";
import { isClosedDescriptor, isMagicLink, linkTarget, type Named } from "./links.js";
import { coverOf, isMountPoint, mountFirst } from "./mounts.js";
import { directoryOf, parentOf, rootOf, type Spot } from "./paths.js";
import { checkAccess, MAY_EXECUTE } from "./permissions.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, mountOf, type OpenFile } from "./state.js";

/** Follow a symbolic link in the last place. */
export const FOLLOW = 1;
/** An empty path is the start directory itself, or the descriptor's file of any type. */
export const EMPTY = 2;
/** Check search permission as the real ids (access(2)). */
export const REAL_IDS = 4;
/** No permission checks (boot). */
export const PRIVILEGED = 8;
/**
 * The last name itself is meant, for calls that make or remove it: neither a mount on it nor a
 * symbolic link is followed, slashes behind it change nothing.
 */
export const ENTRY = 16;
/** A slash behind the last name is -EISDIR (open with O_CREAT). */
export const CREATE = 32;

/** RESOLVE_* of openat2(2), shifted so far. */
export const RESOLVE_SHIFT = 8;
const NO_MOUNTS = RESOLVE_NO_XDEV << RESOLVE_SHIFT;
const NO_MAGIC = RESOLVE_NO_MAGICLINKS << RESOLVE_SHIFT;
const NO_LINKS = RESOLVE_NO_SYMLINKS << RESOLVE_SHIFT;
const BENEATH = RESOLVE_BENEATH << RESOLVE_SHIFT;
const IN_ROOT = RESOLVE_IN_ROOT << RESOLVE_SHIFT;

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
  /** The last name's bytes are bytes[start, start + nameLength). */
  bytes: Uint8Array;
  start: number;
  /** Behind a link of /proc that was followed: the name of its target, instead of the last name. */
  named: Named | undefined;
  /** The last name is a mount point; only with ENTRY. */
  isMountPoint: boolean;
  /** RESOLVE_* in their place among the walk's flags. */
  resolve: number;
  /** With BENEATH and IN_ROOT: the directory that is not left. */
  top: Spot | undefined;
}

interface Path {
  /** The path is bytes[start, end) and at `address` in scratch. */
  bytes: Uint8Array;
  start: number;
  end: number;
  address: number;
  /** What follows is still to be walked. */
  position: number;
}

const ALL_RESOLVE = NO_MOUNTS | NO_MAGIC | NO_LINKS | BENEATH | IN_ROOT;
/** Flags that concern only the last name. */
const LAST_ONLY = ENTRY | CREATE;
const SLASH = 0x2f;
const DOT = 0x2e;

/** A walk that has come to nothing yet. */
export function newWalk(core: Core): Walk {
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
    bytes: core.paths.bytes,
    start: 0,
    named: undefined,
    isMountPoint: false,
    resolve: 0,
    top: undefined,
  };
}

/** Sets the walk to a directory or another node of a mount. */
function moveTo(core: Core, caller: TaskId, walk: Walk, mount: number, node: number): void {
  walk.mount = mount;
  walk.node = node;
  walk.mode = fileSystemOf(core, mount).attribute(caller, node, NODE.mode);
}

/** The start of an absolute path. @returns 0, or -EXDEV */
function toRoot(core: Core, caller: TaskId, walk: Walk): number {
  if ((walk.resolve & BENEATH) !== 0) return -EXDEV;
  const { mount, node } = walk.top ?? rootOf(core, caller);
  if (walk.node >= 0 && (walk.resolve & NO_MOUNTS) !== 0 && mount !== walk.mount) return -EXDEV;
  moveTo(core, caller, walk, mount, node);
  return 0;
}

/** Sets the walk to AT_FDCWD or a descriptor's node. @returns 0, -EBADF */
function toDescriptor(core: Core, caller: TaskId, descriptor: number, walk: Walk): number {
  if (descriptor === AT_FDCWD) {
    const { mount, node } = directoryOf(core, caller);
    moveTo(core, caller, walk, mount, node);
    return 0;
  }
  const file = anyFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  toFile(core, caller, walk, file);
  return 0;
}

/** Sets the walk to what an open file has: a node, or (mount -1) only the file. */
function toFile(core: Core, caller: TaskId, walk: Walk, file: OpenFile): void {
  walk.file = file.id;
  if (file.mount >= 0) {
    moveTo(core, caller, walk, file.mount, file.node);
    return;
  }
  walk.mount = file.mount;
  walk.node = file.node;
  walk.mode = file.mode;
}

function failed(walk: Walk, error: number): Walk {
  walk.error = error;
  return walk;
}

/**
 * Resolves a path.
 * @param directory AT_FDCWD or a descriptor, for a relative path
 * @param path its address in scratch, without the NUL
 * @param flags FOLLOW, EMPTY, REAL_IDS, PRIVILEGED, ENTRY, CREATE, RESOLVE_* shifted
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
  if (core.state.mounts.size === 0) mountFirst(core, caller);
  const walk = newWalk(core);
  if (pathLength >= PATH_MAX) return failed(walk, -ENAMETOOLONG);
  if (pathLength === 0) {
    if ((flags & EMPTY) === 0) return failed(walk, -ENOENT);
    walk.last = LAST_DOT;
    return failed(walk, toDescriptor(core, caller, directory, walk));
  }
  const { paths } = core;
  if (paths.next + pathLength > paths.bytes.length) paths.next = 0;
  const start = paths.next;
  const end = start + pathLength;
  const { bytes } = paths;
  const error = core.kernel.copyIn(caller, path, bytes, start, pathLength);
  if (error < 0) return failed(walk, error);
  paths.next = end;
  walk.resolve = flags & ALL_RESOLVE;
  const bad = toStart(core, caller, directory, walk, bytes[start] === SLASH);
  if (bad < 0) return failed(walk, bad);
  walk.file = 0;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return failed(walk, -ENOTDIR);
  return steps(core, caller, walk, { bytes, start, end, address: path, position: start }, flags);
}

/** Sets the walk to where a path begins. @returns 0, -EBADF, -ENOTDIR, -EXDEV */
function toStart(
  core: Core,
  caller: TaskId,
  directory: number,
  walk: Walk,
  isAbsolute: boolean,
): number {
  const isScoped = (walk.resolve & (BENEATH | IN_ROOT)) !== 0;
  if (isAbsolute && (walk.resolve & IN_ROOT) === 0) return toRoot(core, caller, walk);
  const bad = toDescriptor(core, caller, directory, walk);
  if (bad < 0 || !isScoped) return bad;
  if ((walk.mode & S_IFMT) !== S_IFDIR) return -ENOTDIR;
  walk.top = { mount: walk.mount, node: walk.node };
  return isAbsolute ? toRoot(core, caller, walk) : 0;
}

/** Goes over the names of a path until it is at its end or fails. */
function steps(core: Core, caller: TaskId, walk: Walk, path: Path, flags: number): Walk {
  for (let links = 0; ; ) {
    // Behind a link to a pipe (/proc/self/fd/N) nothing can follow.
    if (walk.node < 0 && path.position < path.end) return failed(walk, -ENOTDIR);
    const { bytes } = path;
    let start = path.position;
    while (start < path.end && bytes[start] === SLASH) start++;
    if (start >= path.end) return walk;
    let end = start;
    while (end < path.end && bytes[end] !== SLASH) end++;
    let rest = end;
    while (rest < path.end && bytes[rest] === SLASH) rest++;
    const isLast = rest >= path.end;
    path.position = end;
    walk.slash = rest > end;
    const error = step(core, caller, walk, path, start, end, isLast ? flags : flags & ~LAST_ONLY);
    if (error < 0) return failed(walk, error);
    if (walk.node < 0) return isLast ? walk : failed(walk, -ENOENT);
    if (isLast && (flags & ENTRY) !== 0) return walk;
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
  if ((flags & PRIVILEGED) === 0) {
    const real = (flags & REAL_IDS) !== 0;
    const refused = checkAccess(core, caller, mount, node, mode, MAY_EXECUTE, real);
    if (refused < 0) return refused;
  }
  if (end - start > NAME_MAX) return -ENAMETOOLONG;
  const { bytes } = path;
  walk.file = 0;
  walk.isMountPoint = false;
  walk.parentMount = mount;
  walk.parent = node;
  walk.name = path.address + start - path.start;
  walk.nameLength = end - start;
  walk.bytes = bytes;
  walk.start = start;
  walk.named = undefined;
  walk.last = LAST_NAME;
  if (bytes[start] === DOT && end - start === 1) {
    walk.last = LAST_DOT;
    return 0;
  }
  if (bytes[start] === DOT && bytes[start + 1] === DOT && end - start === 2) {
    walk.last = LAST_DOT_DOT;
    return toParent(core, caller, walk);
  }
  if (walk.slash && (flags & CREATE) !== 0) return -EISDIR;
  const found = fileSystemOf(core, mount).lookup(caller, node, walk.name, walk.nameLength);
  walk.node = found === -ENOENT ? -1 : found;
  if (found < 0) return found === -ENOENT ? 0 : found;
  if (isClosedDescriptor(core, mount, found)) {
    walk.node = -1;
    return 0;
  }
  if ((flags & ENTRY) !== 0) {
    const name = core.texts.of(bytes, start, end);
    walk.isMountPoint = isMountPoint(core, mount, found, node, name);
    moveTo(core, caller, walk, mount, found);
    return 0;
  }
  return enterMounts(core, caller, walk, bytes, start, end);
}

/** From a node to the root of what is mounted on it, and on that. @returns 0 or -EXDEV */
function enterMounts(
  core: Core,
  caller: TaskId,
  walk: Walk,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let { mount, node } = walk;
  for (;;) {
    const cover = coverOf(core, mount, node, walk.parent, bytes, start, end);
    if (cover === undefined) break;
    if ((walk.resolve & NO_MOUNTS) !== 0) return -EXDEV;
    cover.expiring = false;
    mount = cover.id;
    node = cover.root;
  }
  moveTo(core, caller, walk, mount, node);
  return 0;
}

/**
 * "..": never above the process's root; out of the root of a mount into the directory above what
 * it covers.
 */
function toParent(core: Core, caller: TaskId, walk: Walk): number {
  const top = walk.top ?? rootOf(core, caller);
  let { mount, node } = walk;
  const atTop = (): boolean => mount === top.mount && node === top.node;
  while (!atTop() && node === mountOf(core, mount).root) {
    const { parent, point } = mountOf(core, mount);
    if (parent < 0) break;
    mount = parent;
    node = point;
  }
  if (atTop() || node === mountOf(core, mount).root) {
    if ((walk.resolve & BENEATH) !== 0) return -EXDEV;
    ({ mount, node } = walk);
  } else {
    if ((walk.resolve & NO_MOUNTS) !== 0 && mount !== walk.mount) return -EXDEV;
    const parent = parentOf(core, caller, mount, node);
    if (parent < 0) return parent;
    node = parent;
  }
  walk.mount = mount;
  walk.node = node;
  return enterMounts(core, caller, walk, walk.bytes, 0, 0);
}

/** A symbolic link: the path becomes its target and the rest; the walk is where that begins. */
function follow(core: Core, caller: TaskId, walk: Walk, path: Path): number {
  const { kernel } = core;
  if ((walk.resolve & NO_LINKS) !== 0) return -ELOOP;
  if ((mountOf(core, walk.mount).flags & MS_NOSYMFOLLOW) !== 0) return -ELOOP;
  if (isMagicLink(core, walk.mount, walk.node)) {
    const failed = jump(core, caller, walk);
    const hasRest = path.position < path.end;
    return failed === 0 && hasRest && (walk.mode & S_IFMT) !== S_IFDIR ? -ENOTDIR : failed;
  }
  const buffer = kernel.scratch(caller, PATH_MAX);
  const length = fileSystemOf(core, walk.mount).readlink(caller, walk.node, buffer, PATH_MAX);
  if (length < 0) return length;
  if (length === 0) return -ENOENT;
  if (length >= PATH_MAX) return -ENAMETOOLONG;
  const rest = path.bytes.subarray(path.position, path.end);
  const bytes = new Uint8Array(length + rest.length);
  kernel.copyIn(caller, buffer, bytes, 0, length);
  bytes.set(rest, length);
  path.address = kernel.scratch(caller, bytes.length);
  kernel.copyOut(caller, path.address, bytes, 0, bytes.length);
  path.bytes = bytes;
  path.start = 0;
  path.end = bytes.length;
  path.position = 0;
  moveTo(core, caller, walk, walk.parentMount, walk.parent);
  walk.last = LAST_DOT;
  if (bytes[0] !== SLASH) return 0;
  walk.last = LAST_ROOT;
  return toRoot(core, caller, walk);
}

/** A link of /proc/PID: straight to what it stands for; the rest of the path goes on from there. */
function jump(core: Core, caller: TaskId, walk: Walk): number {
  const target = linkTarget(core, caller, walk.node);
  if (typeof target === "number") return target;
  if ((walk.resolve & NO_MAGIC) !== 0) return -ELOOP;
  const { mount } = "file" in target ? target.file : target.place;
  if ((walk.resolve & NO_MOUNTS) !== 0 && mount !== walk.mount) return -EXDEV;
  if ((walk.resolve & (BENEATH | IN_ROOT)) !== 0) return -EXDEV;
  if ("file" in target) toFile(core, caller, walk, target.file);
  else {
    walk.file = 0;
    moveTo(core, caller, walk, target.place.mount, target.place.node);
  }
  walk.named = "file" in target ? target.file : target.place;
  walk.last = LAST_DOT;
  return 0;
}

/** The walk's node with the name that the walk found it under. */
export function namedOf(core: Core, walk: Walk): Named {
  const { mount, node, named, bytes, start } = walk;
  if (named !== undefined) return { mount, node, directory: named.directory, name: named.name };
  // What another mount shows there is known by that mount's root, not by a name.
  const isNamed = walk.last === LAST_NAME && walk.parentMount === mount;
  if (!isNamed) return { mount, node, directory: -1, name: "" };
  const name = core.texts.of(bytes, start, start + walk.nameLength);
  return { mount, node, directory: walk.parent, name };
}
