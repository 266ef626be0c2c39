/**
 * Mounts: which directory shows which file system. A mount covers a name in the root directory of
 * its parent mount ("/dev", "/dev/shm"); the directory below need not exist for it to be walked.
 */
import type { TaskId } from "../../kernel/calls.js";
import { type Core, fileSystemOf, type Mount } from "./state.js";

export interface MountOption {
  /** Absolute; its parent is "/" or the path of a mount before it. Empty: a hidden mount. */
  readonly path: string;
  /** Index in `fileSystems`. */
  readonly fileSystem: number;
  /** As in /proc/mounts; absent: by the path, devtmpfs for /dev, proc for /proc, else tmpfs. */
  readonly type?: string;
}

/** @returns the mount table for the options; throws for a mount point below no mount */
export function makeMounts(rootFileSystem: number, options: readonly MountOption[]): Mount[] {
  const first = { fileSystem: rootFileSystem, type: "tmpfs", path: "/", parent: -1, name: "" };
  const mounts: Mount[] = [{ ...first, root: -1 }];
  for (const { path, fileSystem, type } of options) {
    if (path === "") {
      mounts.push({ fileSystem, type: type ?? "none", path, parent: -1, name: "", root: -1 });
      continue;
    }
    const cut = path.lastIndexOf("/");
    const above = path.slice(0, cut) || "/";
    const parent = mounts.findIndex((mount) => mount.path === above);
    const name = path.slice(cut + 1);
    if (parent < 0 || name === "") throw new Error(`file: ${path} is not directly below a mount`);
    mounts.push({ fileSystem, type: type ?? usualType(path), path, parent, name, root: -1 });
  }
  return mounts;
}

function usualType(path: string): string {
  if (path === "/dev") return "devtmpfs";
  return path === "/proc" ? "proc" : "tmpfs";
}

/** Text of /proc/mounts (proc(5)). */
export function describeMounts(mounts: readonly Mount[]): string {
  return mounts
    .filter(({ path }) => path !== "")
    .map(({ type, path }) => `${type} ${path} ${type} rw,relatime 0 0\n`)
    .join("");
}

/**
 * The mount of files that no path leads to (Linux: anonymous inodes, sockfs): an entry of the table
 * for a service whose open files have descriptors and nothing else; /proc/mounts does not show it.
 * @param type as in the catalogue @returns its index; throws when there is none
 */
export function hiddenMount(core: Core, type: string): number {
  const found = core.state.mounts.findIndex((mount) => mount.path === "" && mount.type === type);
  if (found < 0) throw new Error(`file: no hidden mount of type ${type}`);
  return found;
}

/** The root node of a mount. */
export function rootOf(core: Core, caller: TaskId, mount: number): number {
  const entry = core.state.mounts[mount];
  if (entry === undefined) throw new Error(`file: mount ${mount} does not exist`);
  if (entry.root < 0) entry.root = fileSystemOf(core, mount).root(caller);
  return entry.root;
}

/** The mount that covers a name in a directory, or -1. The name is bytes[start, end). */
export function mountAt(
  core: Core,
  caller: TaskId,
  mount: number,
  directory: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const { mounts } = core.state;
  for (let i = 1; i < mounts.length; i++) {
    const entry = mounts[i];
    if (entry === undefined || entry.parent !== mount) continue;
    if (directory !== rootOf(core, caller, mount) || entry.name.length !== end - start) continue;
    let same = true;
    for (let j = start; same && j < end; j++) same = bytes[j] === entry.name.charCodeAt(j - start);
    if (same) return i;
  }
  return -1;
}
