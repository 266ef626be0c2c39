/**
 * The nodes of shared folders: which file of the host a number of the guest's stands for. A node is
 * a name in the node above it, found again by going down from the folder's root, name by name
 * through open directories, and compared with the file that it was: so neither a symbolic link nor
 * a rename by others leads anywhere else. Open directories are kept, few of them, and are asked
 * where they lie before each use. Over folder-at.ts.
 */

import type { BigIntStats } from "node:fs";
import { errno, PATH_MAX, S_IFDIR, S_IFMT } from "../../machine/devices/folder-host.js";
import { close, identityOf, openPlace, pathOf, statAt, statOf } from "./folder-at.js";
import type { Listing } from "./folder-listing.js";

/** Open directories that are kept. */
const DIRECTORIES_MAX = 128;

/** A folder that is shared. */
export interface Folder {
  /** Its place, open as long as it is shared. */
  readonly descriptor: number;
  readonly isReadOnly: boolean;
  readonly device: bigint;
  /** Where it lies, with a slash at the end. */
  path: Buffer;
}

/** A descriptor that handles share. */
export interface SharedDescriptor {
  readonly descriptor: number;
  uses: number;
}

export interface FolderNode {
  readonly number: number;
  readonly folder: Folder;
  readonly identity: string;
  /** S_IF* */
  readonly type: number;
  readonly inode: number;
  /** The directory that it was found in last, and its name there; undefined: a folder's root. */
  parent: FolderNode | undefined;
  name: Uint8Array;
  /** Answers that told the guest of it, and nodes that have it as parent. */
  lookups: number;
  children: number;
  /** Hard links that the guest made. */
  madeLinks: number;
  /** By access mode (O_RDONLY …), and under "append". */
  readonly open: Map<number | "append", SharedDescriptor>;
  listing: Listing | undefined;
}

export class FolderNodes {
  private readonly nodes = new Map<number, FolderNode>();
  private readonly byIdentity = new Map<string, FolderNode>();
  /** Open directories, the longest unused first. */
  private readonly directories = new Map<FolderNode, number>();
  private readonly pinned = new Set<FolderNode>();
  private nextNumber = 2;

  /** @param forgotten told of each node that is known no more */
  constructor(private readonly forgotten: (node: FolderNode) => void) {}

  /** The node of a number; undefined: there is none. */
  find(number: number): FolderNode | undefined {
    return this.nodes.get(number);
  }

  /** The node of a file, if the guest knows it. */
  findFile(folder: Folder, stat: BigIntStats): FolderNode | undefined {
    return this.byIdentity.get(keyOf(folder, stat));
  }

  /**
   * The node of a file that was found under a name; it is known from there on.
   * @returns the node, or -EXDEV: the file is of another file system
   */
  learn(
    folder: Folder,
    parent: FolderNode | undefined,
    name: Uint8Array,
    stat: BigIntStats,
  ): FolderNode | number {
    if (stat.dev !== folder.device) return -errno.EXDEV;
    const key = keyOf(folder, stat);
    const type = Number(stat.mode) & S_IFMT;
    let node = this.byIdentity.get(key);
    if (node === undefined || node.type !== type) {
      node = {
        number: this.nextNumber++,
        folder,
        identity: identityOf(stat),
        type,
        inode: Number(BigInt.asUintN(53, stat.ino)),
        parent: undefined,
        name,
        lookups: 0,
        children: 0,
        madeLinks: 0,
        open: new Map(),
        listing: undefined,
      };
      this.nodes.set(node.number, node);
      this.byIdentity.set(key, node);
    }
    this.place(node, parent, name);
    return node;
  }

  /** Notes where a node was seen last. */
  place(node: FolderNode, parent: FolderNode | undefined, name: Uint8Array): void {
    for (let above = parent; above !== undefined; above = above.parent) {
      // Renamed by others while it was looked at: the next look-up tells.
      if (above === node) return;
    }
    if (parent !== undefined) parent.children++;
    const old = node.parent;
    node.parent = parent;
    node.name = name;
    if (old !== undefined) {
      old.children--;
      this.forgetUnused(old);
    }
  }

  /** The guest has forgotten so many answers. */
  forget(node: FolderNode, count: number): void {
    node.lookups = Math.max(0, node.lookups - count);
    this.forgetUnused(node);
  }

  private forgetUnused(node: FolderNode): void {
    for (let at: FolderNode | undefined = node; at !== undefined; ) {
      if (at.lookups > 0 || at.children > 0 || at.open.size > 0) return;
      this.nodes.delete(at.number);
      const key = `${at.folder.descriptor}:${at.identity}`;
      if (this.byIdentity.get(key) === at) this.byIdentity.delete(key);
      this.closeDirectory(at);
      this.forgotten(at);
      const { parent }: FolderNode = at;
      if (parent !== undefined) parent.children--;
      at = parent;
    }
  }

  /** A handle was closed. */
  released(node: FolderNode): void {
    this.forgetUnused(node);
  }

  /**
   * Runs `body` with two directories open.
   * @returns what it answers, or -errno: one of them cannot be reached
   */
  withDirectories(
    one: FolderNode,
    two: FolderNode,
    body: (one: number, two: number) => number,
  ): number {
    const first = this.directory(one);
    if (first < 0) return first;
    this.pinned.add(one);
    try {
      const second = this.directory(two);
      return second < 0 ? second : body(first, second);
    } finally {
      this.pinned.delete(one);
    }
  }

  /** A directory, open as a place, inside its folder. @returns descriptor or -errno */
  directory(node: FolderNode): number {
    const known = this.openDirectory(node);
    if (known !== undefined) return known;
    // Up to the nearest that is open, then down again.
    const below: FolderNode[] = [node];
    let descriptor: number | undefined;
    for (let at = node.parent; descriptor === undefined; at = at.parent) {
      if (at === undefined) return -errno.ESTALE;
      descriptor = this.openDirectory(at);
      if (descriptor === undefined && below.push(at) > PATH_MAX / 2) return -errno.ENAMETOOLONG;
    }
    for (let at = below.pop(); at !== undefined; at = below.pop()) {
      descriptor = this.descend(descriptor, at);
      if (descriptor < 0) return descriptor;
    }
    return descriptor;
  }

  /** Where a file is expected: its directory, open. @returns descriptor or -errno */
  directoryOf(node: FolderNode): number {
    return node.parent === undefined ? -errno.ESTALE : this.directory(node.parent);
  }

  /** The file's stat, by its name if it is not a directory. @returns it, -ENOENT, -ESTALE … */
  stat(node: FolderNode): BigIntStats | number {
    for (const { descriptor } of node.open.values()) return statOf(descriptor);
    if (node.type === S_IFDIR) {
      const descriptor = this.directory(node);
      return descriptor < 0 ? descriptor : statOf(descriptor);
    }
    const directory = this.directoryOf(node);
    if (directory < 0) return directory;
    const stat = statAt(directory, node.name);
    if (typeof stat === "number") return stat;
    return identityOf(stat) === node.identity ? stat : -errno.ESTALE;
  }

  /**
   * Runs `body` with the file open as a place; it is the file that the node stands for.
   * @returns what it answers, or -errno
   */
  withPlace(node: FolderNode, body: (descriptor: number, stat: BigIntStats) => number): number {
    for (const { descriptor } of node.open.values()) return withStat(descriptor, body);
    return this.withNamed(node, body);
  }

  /**
   * The same for a change, which must not reach a file that has its names outside: the file has its
   * name here at a moment behind the one in which its links were counted, or it has no name at all.
   */
  withChangeable(
    node: FolderNode,
    body: (descriptor: number, stat: BigIntStats) => number,
  ): number {
    const done = this.withNamed(node, body);
    if (done !== -errno.ESTALE && done !== -errno.ENOENT) return done;
    for (const { descriptor } of node.open.values()) {
      return withStat(descriptor, (found, stat) => {
        if (stat.nlink > 0n && checkNamed(node, found) < 0) return -errno.EPERM;
        return body(found, stat);
      });
    }
    return done;
  }

  /** Goes by the node's name, whatever is open. */
  private withNamed(
    node: FolderNode,
    body: (descriptor: number, stat: BigIntStats) => number,
  ): number {
    if (node.type === S_IFDIR) {
      const descriptor = this.directory(node);
      return descriptor < 0 ? descriptor : withStat(descriptor, body);
    }
    const directory = this.directoryOf(node);
    if (directory < 0) return directory;
    const descriptor = openPlace(directory, node.name, false);
    if (descriptor < 0) return descriptor;
    try {
      return withStat(descriptor, (found, stat) => {
        if (identityOf(stat) !== node.identity) return -errno.ESTALE;
        // Last: what the stat tells was so while the file had its name here.
        const elsewhere = checkNamed(node, found);
        return elsewhere < 0 ? elsewhere : body(found, stat);
      });
    } finally {
      close(descriptor);
    }
  }

  /** A directory that is open already and still inside; undefined: none. */
  private openDirectory(node: FolderNode): number | undefined {
    if (node.parent === undefined && node.type === S_IFDIR) {
      return this.isRoot(node) ? node.folder.descriptor : undefined;
    }
    const descriptor = this.directories.get(node);
    if (descriptor === undefined) return undefined;
    if (checkInside(node.folder, descriptor) < 0) {
      this.closeDirectory(node);
      return undefined;
    }
    this.directories.delete(node);
    this.directories.set(node, descriptor);
    return descriptor;
  }

  private isRoot(node: FolderNode): boolean {
    const stat = statOf(node.folder.descriptor);
    return typeof stat !== "number" && identityOf(stat) === node.identity;
  }

  /** From an open directory to one that is a name in it. @returns descriptor or -errno */
  private descend(directory: number, node: FolderNode): number {
    const descriptor = openPlace(directory, node.name, true);
    if (descriptor < 0) return descriptor === -errno.ENOTDIR ? -errno.ESTALE : descriptor;
    const stat = statOf(descriptor);
    const isSame = typeof stat !== "number" && identityOf(stat) === node.identity;
    const outside = isSame ? checkInside(node.folder, descriptor) : -errno.ESTALE;
    if (outside < 0) {
      close(descriptor);
      return outside;
    }
    this.directories.set(node, descriptor);
    for (const old of this.directories.keys()) {
      if (this.directories.size <= DIRECTORIES_MAX) break;
      if (old !== node && !this.pinned.has(old)) this.closeDirectory(old);
    }
    return descriptor;
  }

  private closeDirectory(node: FolderNode): void {
    const descriptor = this.directories.get(node);
    if (descriptor === undefined) return;
    this.directories.delete(node);
    close(descriptor);
  }
}

const keyOf = (folder: Folder, stat: BigIntStats): string =>
  `${folder.descriptor}:${identityOf(stat)}`;

function withStat(
  descriptor: number,
  body: (descriptor: number, stat: BigIntStats) => number,
): number {
  const stat = statOf(descriptor);
  return typeof stat === "number" ? stat : body(descriptor, stat);
}

/** Whether what is open lies in the folder now. @returns 0, -ESTALE or -ENAMETOOLONG */
export function checkInside(
  folder: Folder,
  descriptor: number,
  path: Buffer | number = pathOf(descriptor),
): number {
  if (typeof path === "number") return path;
  if (isBelow(folder, path)) return 0;
  // The folder itself may have been moved.
  const moved = pathOf(folder.descriptor);
  if (typeof moved === "number") return moved;
  folder.path = withSlash(moved);
  return isBelow(folder, path) ? 0 : -errno.ESTALE;
}

/** What Linux puts behind the path of a file whose name is gone. */
const DELETED = " (deleted)";

/** Whether what is open has a name in the folder now. @returns 0, -ESTALE or -ENAMETOOLONG */
function checkNamed(node: FolderNode, descriptor: number): number {
  const path = pathOf(descriptor);
  if (typeof path === "number") return path;
  const name = path.subarray(path.lastIndexOf("/") + 1);
  const isGone = name.toString("latin1").endsWith(DELETED) && !name.equals(node.name);
  return isGone ? -errno.ESTALE : checkInside(node.folder, descriptor, path);
}

const isBelow = ({ path: above }: Folder, path: Buffer): boolean =>
  path.length > above.length && path.compare(above, 0, above.length, 0, above.length) === 0;

/** A path with a slash at its end. */
export const withSlash = (path: Buffer): Buffer =>
  path.length === 1 ? path : Buffer.concat([path, Buffer.from("/")]);
