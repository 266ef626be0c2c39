/**
 * Open files of shared folders: a handle of the guest's is a descriptor that it shares with all
 * that have the same file open in the same way. So a file that loses its name stays readable, and a
 * guest cannot use the host's descriptors up. Over folder-nodes.ts.
 */

import { type BigIntStats, constants, fstatSync, readSync, writeSync } from "node:fs";
import { errno, O_RDONLY, S_IFDIR, S_IFREG } from "../../machine/devices/folder-host.js";
import { attempt, close, reopen } from "./folder-at.js";
import type { FolderNode, FolderNodes } from "./folder-nodes.js";

/** Descriptors for open files, of all folders. */
export const DESCRIPTORS_MAX = 1024;

interface Handle {
  readonly node: FolderNode;
  readonly access: number;
}

/**
 * Whether a file may be changed: one with further hard links may be a file outside of the folder.
 * Those that the guest made itself are inside.
 * @returns 0 or -EPERM
 */
export function mayChange(node: FolderNode, stat: BigIntStats): number {
  if (node.type !== S_IFREG) return 0;
  return Number(stat.nlink) > 1 + node.madeLinks ? -errno.EPERM : 0;
}

export class FolderOpens {
  private readonly handles = new Map<number, Handle>();
  private nextHandle = 1;
  private descriptors = 0;

  constructor(private readonly nodes: FolderNodes) {}

  /** @param access O_RDONLY, O_WRONLY or O_RDWR @returns a handle or -errno */
  open(node: FolderNode, access: number): number {
    if (node.type === S_IFDIR) return -errno.EISDIR;
    if (node.type !== S_IFREG) return -errno.ENXIO;
    if (access !== O_RDONLY && node.folder.isReadOnly) return -errno.EROFS;
    const shared = node.open.get(access);
    if (shared !== undefined) {
      shared.uses++;
      return this.add(node, access);
    }
    const writes = access !== O_RDONLY;
    const reopened = (place: number, stat: BigIntStats): number => {
      const refused = writes ? mayChange(node, stat) : 0;
      if (refused < 0) return refused;
      return this.descriptors >= DESCRIPTORS_MAX ? -errno.ENFILE : reopen(place, access);
    };
    const descriptor = writes
      ? this.nodes.withChangeable(node, reopened)
      : this.nodes.withPlace(node, reopened);
    if (descriptor < 0) return descriptor;
    return this.adopt(node, access, descriptor);
  }

  /** Takes over a descriptor that was opened otherwise. @returns a handle, or -ENFILE */
  adopt(node: FolderNode, access: number, descriptor: number): number {
    if (this.descriptors >= DESCRIPTORS_MAX) {
      close(descriptor);
      return -errno.ENFILE;
    }
    const shared = node.open.get(access);
    if (shared === undefined) {
      node.open.set(access, { descriptor, uses: 1 });
      this.descriptors++;
    } else {
      close(descriptor);
      shared.uses++;
    }
    return this.add(node, access);
  }

  private add(node: FolderNode, access: number): number {
    this.handles.set(this.nextHandle, { node, access });
    return this.nextHandle++;
  }

  release(handle: number): void {
    const found = this.handles.get(handle);
    if (found === undefined) return;
    this.handles.delete(handle);
    const { node, access } = found;
    const shared = node.open.get(access);
    if (shared === undefined || --shared.uses > 0) return;
    this.drop(node, access);
    const isLast = [...node.open.keys()].every((key) => key === "append");
    if (isLast && node.open.has("append")) this.drop(node, "append");
    if (isLast) this.nodes.released(node);
  }

  private drop(node: FolderNode, key: number | "append"): void {
    const shared = node.open.get(key);
    if (shared === undefined) return;
    node.open.delete(key);
    this.descriptors--;
    close(shared.descriptor);
  }

  /** Reads at an offset. @returns bytes or -errno */
  read(handle: number, offset: number, into: Uint8Array): number {
    const descriptor = this.descriptorOf(handle);
    return attempt(() => readSync(descriptor, into, 0, into.length, offset));
  }

  /** Writes at an offset, or at the end that the file has then. @returns bytes or -errno */
  write(handle: number, offset: number, bytes: Uint8Array, isAppend: boolean): number {
    const found = this.handles.get(handle);
    if (found === undefined || found.access === O_RDONLY) return -errno.EBADF;
    const descriptor = this.descriptorOf(handle);
    if (!isAppend) return attempt(() => writeSync(descriptor, bytes, 0, bytes.length, offset));
    const appending = this.appending(found.node, descriptor);
    if (appending >= 0) return attempt(() => writeSync(appending, bytes, 0, bytes.length));
    return attempt(() => {
      const end = fstatSync(descriptor).size;
      return writeSync(descriptor, bytes, 0, bytes.length, end);
    });
  }

  /** A descriptor with O_APPEND beside the one for writing; < 0: it cannot be had. */
  private appending(node: FolderNode, descriptor: number): number {
    const known = node.open.get("append");
    if (known !== undefined) return known.descriptor;
    if (this.descriptors >= DESCRIPTORS_MAX) return -errno.ENFILE;
    const made = reopen(descriptor, constants.O_WRONLY | constants.O_APPEND);
    if (made < 0) return made;
    node.open.set("append", { descriptor: made, uses: 1 });
    this.descriptors++;
    return made;
  }

  /** A descriptor of the node that writes; -1: none is open. */
  writing(node: FolderNode): number {
    for (const [access, { descriptor }] of node.open) {
      if (access === constants.O_WRONLY || access === constants.O_RDWR) return descriptor;
    }
    return -1;
  }

  private descriptorOf(handle: number): number {
    const found = this.handles.get(handle);
    return found?.node.open.get(found.access)?.descriptor ?? -errno.EBADF;
  }
}
