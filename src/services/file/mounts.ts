/**
 * The table of mounts: which mount covers what, how long a mount lives, and the mounts that a
 * system begins with. A mount covers a node of its parent mount (Linux: a dentry): several may lie
 * over each other, then each covers the root of the one below it. mount-calls.ts changes the table;
 * mount-text.ts shows it.
 */
import { ESTALE } from "../../abi/errno.js";
import { O_NOATIME, S_IFDIR, S_IFMT } from "../../abi/file.js";
import {
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_RELATIME,
  MS_SYNCHRONOUS,
  ST_NOSYMFOLLOW,
  ST_RELATIME,
  ST_VALID,
} from "../../abi/mount.js";
import type { TaskId } from "../../kernel/calls.js";
import { bytesOf } from "../../kernel/texts.js";
import { hold, mappedBytes } from "./charges.js";
import { remove } from "./latest.js";
import { publishMounts } from "./mount-text.js";
import { noticeUnmounted } from "./notify.js";
import { ALWAYS_ATIME } from "./protocol.js";
import {
  type Core,
  fileSystemOf,
  type Instance,
  instanceOf,
  type Mount,
  mountOf,
  type OpenFile,
} from "./state.js";

/** st_dev of the first instance: Linux numbers such file systems as devices 0:N. */
export const FIRST_DEVICE = 20;

function usualType(path: string): string {
  if (path === "/dev") return "devtmpfs";
  return path === "/proc" ? "proc" : "tmpfs";
}

/**
 * Mounts what a system begins with, before the first path is walked: the root, and over directories
 * of it, which are made if they are missing, the others.
 */
export function mountFirst(core: Core, caller: TaskId): void {
  const { root, mounts } = core.first;
  const top = addMount(core, addInstance(core, caller, root, "tmpfs"), { source: "tmpfs" });
  core.state.rootMount = top.id;
  const byPath = new Map([["/", top]]);
  for (const { path, fileSystem, type = usualType(path) } of mounts) {
    if (path === "") {
      addMount(core, addInstance(core, caller, fileSystem, type), { source: "none" });
      continue;
    }
    const cut = path.lastIndexOf("/");
    const parent = byPath.get(path.slice(0, cut) || "/");
    const name = path.slice(cut + 1);
    if (parent === undefined || name === "") {
      throw new Error(`file: ${path} is not directly below a mount`);
    }
    const point = directoryIn(core, caller, parent, name);
    const mount = addMount(core, addInstance(core, caller, fileSystem, type), { source: type });
    attach(core, mount, parent.id, point);
    byPath.set(path, mount);
  }
  if (core.devices >= 0) {
    const instance = addInstance(core, caller, core.devices, "devtmpfs");
    core.state.deviceMount = addMount(core, instance, { source: "devtmpfs" }).id;
  }
  publishMounts(core, caller);
}

/**
 * The mount of files that no path leads to (Linux: anonymous inodes, sockfs): an entry of the table
 * for a service whose open files have descriptors and nothing else; /proc/mounts does not show it.
 * @param type as in the catalogue @returns its id; throws when there is none
 */
export function hiddenMount(core: Core, type: string): number {
  if (core.state.mounts.size === 0) mountFirst(core, 0);
  for (const instance of core.state.instances.values()) {
    if (instance.type !== type) continue;
    for (const mount of core.state.mounts.values()) {
      if (mount.instance === instance.id && mount.parent < 0) return mount.id;
    }
  }
  throw new Error(`file: no hidden mount of type ${type}`);
}

/** Whether a mount is a hidden one. */
export function isHidden(core: Core, mount: number): boolean {
  const { fileSystem } = mountOf(core, mount);
  return core.first.mounts.some((one) => one.path === "" && one.fileSystem === fileSystem);
}

/** A mount of the file system with this index. @returns its id, or -1: there is none */
export function mountWith(core: Core, fileSystem: number): number {
  for (const mount of core.state.mounts.values()) {
    if (mount.fileSystem === fileSystem) return mount.id;
  }
  return -1;
}

/** The directory of that name in a mount's root. */
function directoryIn(core: Core, caller: TaskId, mount: Mount, name: string): number {
  const { kernel } = core;
  const bytes = bytesOf(name);
  const scratch = kernel.scratch(caller, bytes.length);
  kernel.copyOut(caller, scratch, bytes, 0, bytes.length);
  const fileSystem = fileSystemOf(core, mount.id);
  const found = fileSystem.lookup(caller, mount.root, scratch, bytes.length);
  if (found >= 0) return found;
  const mode = S_IFDIR | 0o755;
  const made = fileSystem.create(caller, mount.root, scratch, bytes.length, mode, 0, 0, 0);
  if (made < 0) throw new Error(`file: cannot make the mount point ${name}: error ${-made}`);
  return made;
}

/** An instance for a first mount; of devtmpfs there is only one. */
function addInstance(core: Core, caller: TaskId, fileSystem: number, type: string): Instance {
  const service = core.fileSystems[fileSystem];
  if (service === undefined) throw new Error(`file: there is no file system ${fileSystem}`);
  for (const instance of core.state.instances.values()) {
    if (instance.fileSystem !== fileSystem) continue;
    if (fileSystem === core.devices) return instance;
    return newInstance(core, fileSystem, type, service.mount(caller, 0, 0));
  }
  return newInstance(core, fileSystem, type, service.root(caller));
}

/** A new instance, with no mount yet. @param root its root directory's node */
export function newInstance(core: Core, fileSystem: number, type: string, root: number): Instance {
  const instance = { id: core.state.nextDevice++, fileSystem, type, root, flags: 0, mounts: 0 };
  core.state.instances.set(instance.id, instance);
  return instance;
}

/** A new mount, attached nowhere yet. The root of the first mount of an instance is its own. */
export function addMount(
  core: Core,
  instance: Instance,
  fields: Pick<Mount, "source"> & Partial<Pick<Mount, "root" | "rootPath" | "flags">>,
): Mount {
  const { source, root = instance.root, rootPath = "/", flags = MS_RELATIME } = fields;
  instance.mounts++;
  const mount: Mount = {
    id: core.state.nextMount++,
    instance: instance.id,
    fileSystem: instance.fileSystem,
    source,
    root,
    rootPath,
    parent: -1,
    point: -1,
    pointDirectory: -1,
    pointName: "",
    flags,
    attached: true,
    references: 0,
    expiring: false,
  };
  core.state.mounts.set(mount.id, mount);
  return mount;
}

/** Puts a mount over a node of another; a file has its directory and name as well. */
export function attach(
  core: Core,
  mount: Mount,
  parent: number,
  point: number,
  directory = -1,
  name = "",
): void {
  const { points } = core.state;
  points.set(point, (points.get(point) ?? 0) + 1);
  mount.parent = parent;
  mount.point = point;
  mount.pointDirectory = directory;
  mount.pointName = name;
}

/** Takes a mount from where it is, without ending it. */
export function takeOff(core: Core, mount: Mount): void {
  const { points } = core.state;
  const count = (points.get(mount.point) ?? 0) - 1;
  if (count > 0) points.set(mount.point, count);
  else points.delete(mount.point);
  mount.parent = -1;
  mount.point = -1;
}

/** f_flags of statfs(2): numbered as MS_*, with some exceptions. */
export function statfsFlags(core: Core, mount: number): number {
  const { flags } = mountOf(core, mount);
  const same = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
  const isReadOnly = ((flags | instanceOf(core, mount).flags) & MS_RDONLY) !== 0;
  return (
    ST_VALID |
    (flags & same) |
    (instanceOf(core, mount).flags & MS_SYNCHRONOUS) |
    (isReadOnly ? MS_RDONLY : 0) |
    ((flags & MS_RELATIME) !== 0 ? ST_RELATIME : 0) |
    ((flags & MS_NOSYMFOLLOW) !== 0 ? ST_NOSYMFOLLOW : 0)
  );
}

/** Flags for a read of a file: also what its mount says about times of access. */
export function accessFlags(core: Core, file: OpenFile): number {
  const { flags } = mountOf(core, file.mount);
  const isDirectory = (file.mode & S_IFMT) === S_IFDIR;
  const without = MS_NOATIME | MS_RDONLY | (isDirectory ? MS_NODIRATIME : 0);
  const isReadOnly = (instanceOf(core, file.mount).flags & MS_RDONLY) !== 0;
  if ((flags & without) !== 0 || isReadOnly) return file.flags | O_NOATIME;
  return (flags & MS_RELATIME) !== 0 ? file.flags : file.flags | ALWAYS_ATIME;
}

/** Mounts directly on another. */
export function childrenOf(core: Core, mount: number): Mount[] {
  return [...core.state.mounts.values()].filter(({ parent }) => parent === mount);
}

/** A mount and everything mounted below it, parents first. */
export function treeOf(core: Core, mount: Mount): Mount[] {
  const tree = [mount];
  for (let i = 0; i < tree.length; i++) tree.push(...childrenOf(core, (tree[i] as Mount).id));
  return tree;
}

/** Detaches a mount; it ends when nothing uses it any more. */
export function detach(core: Core, caller: TaskId, mount: Mount): void {
  takeOff(core, mount);
  mount.attached = false;
  endUnused(core, caller, mount);
}

/** One more user: an open file, a working or root directory. */
export function holdMount(core: Core, id: number): void {
  mountOf(core, id).references++;
}

/** One user less. */
export function dropMount(core: Core, caller: TaskId, id: number): void {
  const mount = mountOf(core, id);
  mount.references--;
  endUnused(core, caller, mount);
}

function endUnused(core: Core, caller: TaskId, mount: Mount): void {
  if (mount.attached || mount.references > 0) return;
  const { state } = core;
  const fileSystem = fileSystemOf(core, mount.id);
  const instance = state.instances.get(mount.instance);
  remove(core.latest.mount, state.mounts, mount.id);
  if (instance === undefined) throw new Error(`file: mount ${mount.id} has no instance`);
  if (mount.root !== instance.root) fileSystem.release(caller, mount.root);
  instance.mounts--;
  if (instance.mounts > 0) return;
  remove(core.latest.instance, state.instances, instance.id);
  fileSystem.unmount(caller, instance.root);
  noticeUnmounted(core, caller, instance.fileSystem);
  forgetMapped(core, caller, instance.fileSystem);
}

/** Names of mapped files that have gone with their instance are told no more. */
function forgetMapped(core: Core, caller: TaskId, fileSystem: number): void {
  for (const [key, mapped] of core.state.mapped) {
    const [index, node] = key.split(":").map(Number);
    if (index !== fileSystem || node === undefined) continue;
    if (core.fileSystems[fileSystem]?.exists(caller, node) === -ESTALE) {
      hold(core, mapped.job, -mappedBytes(mapped.path));
      core.state.mapped.delete(key);
    }
  }
}

/**
 * The mount directly over a node of another mount.
 * @param directory the directory in which it was found, -1: unknown
 * @param bytes have its name in [start, end); undefined: it was not found by a name
 */
export function coverOf(
  core: Core,
  mount: number,
  node: number,
  directory: number,
  bytes: Uint8Array | undefined,
  start: number,
  end: number,
): Mount | undefined {
  if (!core.state.points.has(node)) return undefined;
  core.kernel.charge(0, core.state.mounts.size);
  for (const one of core.state.mounts.values()) {
    if (one.parent !== mount || one.point !== node) continue;
    if (one.pointDirectory < 0) return one;
    if (one.pointDirectory !== directory || bytes === undefined) continue;
    if (isName(one.pointName, bytes, start, end)) return one;
  }
  return undefined;
}

function isName(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Whether something is mounted on a node, through whatever mount it is seen. */
export function isMountPoint(
  core: Core,
  mount: number,
  node: number,
  directory: number,
  name: string,
): boolean {
  if (!core.state.points.has(node)) return false;
  const { fileSystem } = mountOf(core, mount);
  for (const one of core.state.mounts.values()) {
    if (one.parent < 0 || one.point !== node) continue;
    if (mountOf(core, one.parent).fileSystem !== fileSystem) continue;
    if (one.pointDirectory < 0) return true;
    if (one.pointDirectory === directory && one.pointName === name) return true;
  }
  return false;
}
