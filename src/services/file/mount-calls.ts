/**
 * mount(2), umount2(2) and pivot_root(2): the order of refusals is Linux's (fs/namespace.c). All
 * mounts are private: nothing propagates, so MS_SHARED and MS_SLAVE are taken and change nothing.
 */
import { CAP_SYS_ADMIN } from "../../abi/capability.js";
import {
  EAGAIN,
  EBUSY,
  EINVAL,
  ELOOP,
  ENODEV,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  EPERM,
} from "../../abi/errno.js";
import { AT_FDCWD, O_ACCMODE, O_RDONLY, S_IFDIR, S_IFMT } from "../../abi/file.js";
import * as M from "../../abi/mount.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Unbound } from "./bind.js";
import { isNamed } from "./link-texts.js";
import { isMagicLink } from "./links.js";
import { publishMounts } from "./mount-text.js";
import { addMount, attach, coverOf, detach, newInstance, takeOff, treeOf } from "./mounts.js";
import { openPath } from "./open.js";
import { pathInInstance, rootOf, topOf } from "./paths.js";
import { isCapable, isStored } from "./permissions.js";
import { NODE } from "./protocol.js";
import type { MountOperations } from "./protocol-mounts.js";
import { type Core, fileSystemOf, instanceOf, type Mount, mountOf } from "./state.js";
import { FOLLOW, namedOf, RESOLVE_SHIFT, type Walk, walkPath } from "./walk.js";

/** All mounts together (fs.mount-max): each change of the table shows all of them anew. */
const MOUNTS_MAX = 256;

const PROPAGATION = M.MS_SHARED | M.MS_PRIVATE | M.MS_SLAVE | M.MS_UNBINDABLE;
/** Flags of one mount; the others that a file system knows are its instance's. */
const OWN =
  M.MS_RDONLY |
  M.MS_NOSUID |
  M.MS_NODEV |
  M.MS_NOEXEC |
  M.MS_NOSYMFOLLOW |
  M.MS_NOATIME |
  M.MS_NODIRATIME |
  M.MS_RELATIME;
const ACCESS_TIMES = M.MS_NOATIME | M.MS_NODIRATIME | M.MS_RELATIME;
const INSTANCE = M.MS_RDONLY | M.MS_SYNCHRONOUS | M.MS_DIRSYNC | M.MS_LAZYTIME;

/** What every part of mount(2) gets. */
interface Request {
  readonly source: number;
  readonly sourceLength: number;
  readonly type: number;
  readonly typeLength: number;
  readonly flags: number;
  readonly data: number;
  readonly dataLength: number;
}

export const mountOperations: Unbound<MountOperations> = Object.freeze({
  mount(core, caller, ...words): Result {
    const [source, sourceLength, path, length, type, typeLength, given, data, dataLength] = words;
    const marked = (given & M.MS_MGC_MSK) >>> 0 === M.MS_MGC_VAL;
    const flags = marked ? given & ~M.MS_MGC_MSK : given;
    const request = { source, sourceLength, type, typeLength, flags, data, dataLength };
    const target = walkPath(core, caller, AT_FDCWD, path, length, FOLLOW);
    if (target.error < 0) return target.error;
    if (target.node < 0) return -ENOENT;
    if (flags >>> 31 !== 0) return -EINVAL;
    if (!isCapable(core, caller, CAP_SYS_ADMIN)) return -EPERM;
    const done = change(core, caller, target, request);
    if (done === 0) publishMounts(core, caller);
    return done;
  },
  openScoped: (core, caller, directory, path, length, flags, mode, resolve) =>
    openPath(core, caller, directory, path, length, flags, mode, resolve << RESOLVE_SHIFT),
  unmount(core, caller, path, length, flags): Result {
    const known = M.MNT_FORCE | M.MNT_DETACH | M.MNT_EXPIRE | M.UMOUNT_NOFOLLOW;
    if ((flags & ~known) !== 0) return -EINVAL;
    const marked = [...core.state.mounts.values()].filter(({ expiring }) => expiring);
    const follow = (flags & M.UMOUNT_NOFOLLOW) === 0 ? FOLLOW : 0;
    const walk = walkPath(core, caller, AT_FDCWD, path, length, follow);
    // This look does not count as use.
    for (const mount of marked) if (mount.id === walk.mount) mount.expiring = true;
    if (walk.error < 0) return walk.error;
    if (walk.node < 0) return -ENOENT;
    if (!isCapable(core, caller, CAP_SYS_ADMIN)) return -EPERM;
    const mount = mountOf(core, walk.mount);
    if (walk.node !== mount.root || !isInTree(core, mount)) return -EINVAL;
    const done = unmount(core, caller, mount, flags);
    if (done === 0) publishMounts(core, caller);
    return done;
  },
  pivotRoot(core, caller, path, length, oldPath, oldLength): Result {
    const root = walkPath(core, caller, AT_FDCWD, path, length, FOLLOW);
    if (root.error < 0) return root.error;
    const old = walkPath(core, caller, AT_FDCWD, oldPath, oldLength, FOLLOW);
    if (old.error < 0) return old.error;
    if (root.node < 0 || old.node < 0) return -ENOENT;
    if (!isCapable(core, caller, CAP_SYS_ADMIN)) return -EPERM;
    const done = pivot(core, caller, root, old);
    if (done === 0) publishMounts(core, caller);
    return done;
  },
});

/** Whether a mount is seen from the root of all. */
function isInTree(core: Core, mount: Mount): boolean {
  return mount.parent >= 0 || mount.id === core.state.rootMount;
}

const isDirectory = (walk: Walk): boolean => (walk.mode & S_IFMT) === S_IFDIR;

/** What the flags of mount(2) ask for. */
function change(core: Core, caller: TaskId, target: Walk, request: Request): Result {
  const { flags } = request;
  if ((flags & M.MS_REMOUNT) !== 0) return remount(core, caller, target, request);
  if ((flags & M.MS_BIND) !== 0) return bindMount(core, caller, target, request);
  if ((flags & PROPAGATION) !== 0) return propagate(core, target, flags);
  if ((flags & M.MS_MOVE) !== 0) return moveMount(core, caller, target, request);
  return newMount(core, caller, target, request);
}

/** Flags of a mount, from those of mount(2): relatime unless another rule is asked for. */
function ownFlags(flags: number): number {
  const relatime = (flags & (M.MS_NOATIME | M.MS_STRICTATIME)) === 0 ? M.MS_RELATIME : 0;
  return (flags & OWN & ~M.MS_RELATIME) | relatime;
}

/** MS_REMOUNT; with MS_BIND only of this mount. */
function remount(core: Core, caller: TaskId, target: Walk, request: Request): Result {
  const { flags } = request;
  const mount = mountOf(core, target.mount);
  if (target.node !== mount.root || !isInTree(core, mount)) return -EINVAL;
  let own = ownFlags(flags);
  if ((flags & (ACCESS_TIMES | M.MS_STRICTATIME)) === 0) {
    own = (own & ~ACCESS_TIMES) | (mount.flags & ACCESS_TIMES);
  }
  const alone = (flags & M.MS_BIND) !== 0;
  const becomesReadOnly = (flags & M.MS_RDONLY) !== 0;
  if (becomesReadOnly && isWritten(core, mount, alone)) return -EBUSY;
  if (!alone) {
    const instance = instanceOf(core, mount.id);
    const { data, dataLength } = request;
    const fileSystem = fileSystemOf(core, mount.id);
    const failed = fileSystem.remount(caller, instance.root, data, dataLength);
    if (failed < 0) return failed;
    instance.flags = flags & INSTANCE;
  }
  mount.flags = own;
  return 0;
}

/** Whether a file is open for writing, through this mount or (not `alone`) any of its instance. */
function isWritten(core: Core, mount: Mount, alone: boolean): boolean {
  for (const file of core.state.files.values()) {
    if (file.mount < 0 || (file.flags & O_ACCMODE) === O_RDONLY || !isStored(file.mode)) continue;
    if (file.mount === mount.id) return true;
    if (!alone && mountOf(core, file.mount).instance === mount.instance) return true;
  }
  return false;
}

/** MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE. */
function propagate(core: Core, target: Walk, flags: number): Result {
  const mount = mountOf(core, target.mount);
  if (target.node !== mount.root || !isInTree(core, mount)) return -EINVAL;
  const wanted = flags & ~(M.MS_REC | M.MS_SILENT);
  if ((wanted & ~PROPAGATION) !== 0 || (wanted & (wanted - 1)) !== 0) return -EINVAL;
  const all = (flags & M.MS_REC) !== 0 ? treeOf(core, mount) : [mount];
  for (const one of all) one.flags = (one.flags & ~M.MS_UNBINDABLE) | (wanted & M.MS_UNBINDABLE);
  return 0;
}

/** Where a new mount goes: over what is mounted at the target last. */
interface Point {
  readonly mount: number;
  readonly node: number;
  readonly directory: number;
  readonly name: string;
}

/** @returns the point that a walk came to, or -EINVAL, -ENOENT */
function pointOf(core: Core, caller: TaskId, walk: Walk): Point | Result {
  let { mount, node } = walk;
  if (!isInTree(core, mountOf(core, mount))) return -EINVAL;
  // A link of /proc comes and goes with a process: nothing can lie on it.
  if (isMagicLink(core, mount, node)) return -ENOENT;
  for (;;) {
    // A walk goes over what is mounted, except from the root or the working directory itself.
    const cover = coverOf(core, mount, node, -1, undefined, 0, 0);
    if (cover === undefined) break;
    mount = cover.id;
    node = cover.root;
  }
  if (fileSystemOf(core, mount).attribute(caller, node, NODE.links) === 0) return -ENOENT;
  const isFile = !isDirectory(walk) && node !== mountOf(core, mount).root;
  if (!isFile) return { mount, node, directory: -1, name: "" };
  // Behind a link of /proc it is a name that the file was opened under, and may have lost.
  const named = namedOf(core, walk);
  if (named.directory < 0 || !isNamed(core, caller, named)) return -ENOENT;
  return { mount, node, directory: named.directory, name: named.name };
}

function attachAt(core: Core, mount: Mount, point: Point): void {
  attach(core, mount, point.mount, point.node, point.directory, point.name);
}

/** Walks to the source of a bind or a move. */
function walkToSource(core: Core, caller: TaskId, request: Request): Walk | Result {
  const { source, sourceLength } = request;
  if (sourceLength === 0) return -EINVAL;
  const walk = walkPath(core, caller, AT_FDCWD, source, sourceLength, FOLLOW);
  if (walk.error < 0) return walk.error;
  return walk.node < 0 ? -ENOENT : walk;
}

/** MS_BIND: shows what there is at the source at the target too; MS_REC: with mounts below. */
function bindMount(core: Core, caller: TaskId, target: Walk, request: Request): Result {
  const source = walkToSource(core, caller, request);
  if (typeof source === "number") return source;
  const point = pointOf(core, caller, target);
  if (typeof point === "number") return point;
  const from = mountOf(core, source.mount);
  if ((from.flags & M.MS_UNBINDABLE) !== 0 || !isInTree(core, from)) return -EINVAL;
  if (isDirectory(source) !== isDirectory(target)) return -ENOTDIR;
  const name = isDirectory(source) ? undefined : namedOf(core, source);
  const isOwnRoot = source.node === from.root;
  if (name !== undefined && !isOwnRoot) {
    if (name.directory < 0 || !isNamed(core, caller, name)) return -ENOENT;
  }
  const rootPath = pathInInstance(core, caller, source, name);
  const below = (request.flags & M.MS_REC) !== 0 ? bindable(core, caller, from, source) : [];
  if (core.state.mounts.size + 1 + below.length > MOUNTS_MAX) return -ENOSPC;
  const failed = retainAll(core, caller, [{ mount: source.mount, node: source.node }, ...below]);
  if (failed < 0) return failed;
  const made = copyMount(core, from, source.node, rootPath);
  attachAt(core, made, point);
  const copies = new Map([[from.id, made.id]]);
  for (const { mount, node } of below) {
    const old = mountOf(core, mount);
    const copy = copyMount(core, old, node, old.rootPath);
    const parent = copies.get(old.parent) ?? made.id;
    attach(core, copy, parent, old.point, old.pointDirectory, old.pointName);
    copies.set(old.id, copy.id);
  }
  return 0;
}

/** The mounts below a directory that MS_REC takes along. */
function bindable(core: Core, caller: TaskId, from: Mount, source: Walk) {
  const taken = new Set([from.id]);
  const found: { mount: number; node: number }[] = [];
  for (const mount of treeOf(core, from).slice(1)) {
    if (!taken.has(mount.parent) || (mount.flags & M.MS_UNBINDABLE) !== 0) continue;
    if (mount.parent === from.id && !isBelow(core, caller, mount, source)) continue;
    taken.add(mount.id);
    found.push({ mount: mount.id, node: mount.root });
  }
  return found;
}

/** Whether a mount's point lies below the walk's directory in the same mount. */
function isBelow(core: Core, caller: TaskId, mount: Mount, walk: Walk): boolean {
  const within = pathOfPoint(core, caller, mount);
  const name = isDirectory(walk) ? undefined : namedOf(core, walk);
  const above = pathInInstance(core, caller, walk, name);
  return above === "/" || within === above || within.startsWith(`${above}/`);
}

/** Where the point of a mount lies in the instance of its parent mount. */
function pathOfPoint(core: Core, caller: TaskId, mount: Mount): string {
  const isFile = mount.pointDirectory >= 0;
  const node = isFile ? mount.pointDirectory : mount.point;
  const directory = { mount: mount.parent, node };
  const path = pathInInstance(core, caller, directory);
  return isFile ? `${path === "/" ? "" : path}/${mount.pointName}` : path;
}

/** Holds the roots of bind mounts; all or none. @returns 0 or -errno */
function retainAll(
  core: Core,
  caller: TaskId,
  roots: readonly { readonly mount: number; readonly node: number }[],
): Result {
  const held: (typeof roots)[number][] = [];
  for (const root of roots) {
    if (root.node === instanceOf(core, root.mount).root) continue;
    const failed = fileSystemOf(core, root.mount).retain(caller, root.node);
    if (failed < 0) {
      for (const { mount, node } of held) fileSystemOf(core, mount).release(caller, node);
      return failed;
    }
    held.push(root);
  }
  return 0;
}

/** A mount of the same instance as another. */
function copyMount(core: Core, from: Mount, root: number, rootPath: string): Mount {
  const { source, flags } = from;
  return addMount(core, instanceOf(core, from.id), { source, root, rootPath, flags });
}

/** MS_MOVE. */
function moveMount(core: Core, caller: TaskId, target: Walk, request: Request): Result {
  const source = walkToSource(core, caller, request);
  if (typeof source === "number") return source;
  const point = pointOf(core, caller, target);
  if (typeof point === "number") return point;
  const mount = mountOf(core, source.mount);
  if (source.node !== mount.root || mount.parent < 0) return -EINVAL;
  if (isDirectory(source) !== isDirectory(target)) return -EINVAL;
  for (let at = point.mount; at >= 0; at = mountOf(core, at).parent) {
    if (at === mount.id) return -ELOOP;
  }
  takeOff(core, mount);
  attachAt(core, mount, point);
  return 0;
}

/** A file system at the target. */
function newMount(core: Core, caller: TaskId, target: Walk, request: Request): Result {
  const { type, typeLength, flags, data, dataLength } = request;
  if (type === 0) return -EINVAL;
  const name = core.texts.read(core.kernel, caller, type, typeLength);
  const fileSystem = core.types.get(name);
  const service = fileSystem === undefined ? undefined : core.fileSystems[fileSystem];
  if (fileSystem === undefined || service === undefined) return -ENODEV;
  const source =
    request.source === 0
      ? "none"
      : core.texts.read(core.kernel, caller, request.source, request.sourceLength);
  const point = pointOf(core, caller, target);
  if (typeof point === "number") return point;
  if (!isDirectory(target)) return -ENOTDIR;
  const known = findInstance(core, fileSystem, name);
  const over = mountOf(core, point.mount);
  const isSame = over.instance === known?.id && point.node === over.root;
  if (isSame) return -EBUSY;
  if (core.state.mounts.size >= MOUNTS_MAX) return -ENOSPC;
  const root = service.mount(caller, data, dataLength);
  if (root < 0) return root;
  const instance = known ?? newInstance(core, fileSystem, name, root);
  if (known === undefined) instance.flags = flags & INSTANCE;
  attachAt(core, addMount(core, instance, { source, flags: ownFlags(flags) }), point);
  return 0;
}

/** The instance of a file system of which there is one only, if it is mounted. */
function findInstance(core: Core, fileSystem: number, type: string) {
  if (type !== "devtmpfs") return undefined;
  for (const one of core.state.instances.values()) if (one.fileSystem === fileSystem) return one;
  return undefined;
}

/** umount2(2) of a mount that may be unmounted. */
function unmount(core: Core, caller: TaskId, mount: Mount, flags: number): Result {
  const tree = treeOf(core, mount);
  const isUsed = mount.references > 0 || tree.length > 1;
  const isOwnRoot = mount.id === rootOf(core, caller).mount;
  const now = (flags & M.MNT_DETACH) === 0;
  if ((flags & M.MNT_EXPIRE) !== 0) {
    if (isOwnRoot || (flags & (M.MNT_FORCE | M.MNT_DETACH)) !== 0) return -EINVAL;
    if (isUsed) return -EBUSY;
    if (!mount.expiring) {
      mount.expiring = true;
      return -EAGAIN;
    }
  }
  // The root is not taken away but made read-only, which is what a shutdown wants.
  if (isOwnRoot && now) {
    if (isWritten(core, mount, false)) return -EBUSY;
    instanceOf(core, mount.id).flags |= M.MS_RDONLY;
    mount.flags |= M.MS_RDONLY;
    return 0;
  }
  if (mount.id === core.state.rootMount) return -EINVAL;
  if (now && isUsed) return -EBUSY;
  for (const one of tree.reverse()) detach(core, caller, one);
  return 0;
}

/** pivot_root(2): `root` becomes the root of all, the old one lies at `old`. */
function pivot(core: Core, caller: TaskId, root: Walk, old: Walk): Result {
  const { state } = core;
  if (!isDirectory(root) || !isDirectory(old)) return -ENOTDIR;
  const mount = mountOf(core, root.mount);
  const top = rootOf(core, caller);
  const point = pointOf(core, caller, old);
  if (typeof point === "number") return point;
  if (mount.id === top.mount || point.mount === top.mount) return -EBUSY;
  // Only the root of all is exchanged: a process with another root is refused.
  const first = topOf(core);
  if (top.mount !== first.mount || top.node !== first.node) return -EINVAL;
  if (root.node !== mount.root || mount.parent < 0) return -EINVAL;
  let at = point.mount;
  while (at >= 0 && at !== mount.id) at = mountOf(core, at).parent;
  if (at < 0) return -EINVAL;
  takeOff(core, mount);
  state.rootMount = mount.id;
  attachAt(core, mountOf(core, first.mount), point);
  return 0;
}
