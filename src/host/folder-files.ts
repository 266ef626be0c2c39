/**
 * What a host offers of its folders: files by node number. folder-server.ts calls it as the guest's
 * driver asks; node/folders.ts implements it over Node's file system, and a browser may over its
 * own. Names are bytes, without "/" and NUL, at most 255, never "." or "..". Errors are -errno.
 */
import type { fuse } from "../machine/devices/folder-host.js";

/** A folder that cannot be mounted: the message says which, and why. */
export class FolderError extends Error {
  override readonly name = "FolderError";
}

/** A folder by its path, and whether the guest may change it. */
export interface SharedFolder {
  readonly source: string;
  readonly isReadOnly: boolean;
}

/** At once, or later. */
export type Answer<T> = T | number | Promise<T | number>;

export interface FolderEntry {
  readonly node: number;
  readonly attributes: fuse.FuseAttributes;
}

/** Seconds since 1970 and the nanoseconds within. */
export interface FolderTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What is to be set; absent: it stays. */
export interface FolderChanges {
  /** Permission bits. */
  readonly mode?: number;
  readonly userId?: number;
  readonly groupId?: number;
  readonly sizeBytes?: number;
  readonly access?: FolderTime;
  readonly modify?: FolderTime;
}

/** An entry of a directory, and where to go on behind it. */
export interface ListedEntry {
  readonly name: Uint8Array;
  readonly inode: number;
  /** DT_* */
  readonly type: number;
  readonly position: number;
}

/** Figures of statfs(2), in blocks. */
export interface FolderFigures {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly files: number;
  readonly filesFree: number;
}

export interface FolderFiles {
  /** In node 1: the folder with that number as name. Each answer counts, until `forget`. */
  lookup(directory: number, name: Uint8Array): Answer<FolderEntry>;
  /** So many answers with this node are forgotten. */
  forget(node: number, count: number): void;
  attributes(node: number): Answer<fuse.FuseAttributes>;
  setAttributes(node: number, changes: FolderChanges): Answer<fuse.FuseAttributes>;
  readlink(node: number): Answer<Uint8Array>;
  symlink(directory: number, name: Uint8Array, target: Uint8Array): Answer<FolderEntry>;
  makeDirectory(directory: number, name: Uint8Array, mode: number): Answer<FolderEntry>;
  /** A new regular file, open for reading and writing. */
  create(
    directory: number,
    name: Uint8Array,
    mode: number,
  ): Answer<FolderEntry & { readonly handle: number }>;
  unlink(directory: number, name: Uint8Array, asDirectory: boolean): Answer<number>;
  rename(
    directory: number,
    name: Uint8Array,
    newDirectory: number,
    newName: Uint8Array,
  ): Answer<number>;
  link(node: number, directory: number, name: Uint8Array): Answer<FolderEntry>;
  /** @param access O_RDONLY, O_WRONLY or O_RDWR @returns a handle ≥ 0 */
  open(node: number, access: number): Answer<number>;
  release(handle: number): void;
  /** Reads into the array. @returns bytes */
  read(handle: number, offset: number, into: Uint8Array): Answer<number>;
  /** Writes, or appends whatever the offset. @returns bytes */
  write(handle: number, offset: number, bytes: Uint8Array, isAppend: boolean): Answer<number>;
  synchronize(node: number): Answer<number>;
  statfs(node: number): Answer<FolderFigures>;
  /** Entries from a position on (0: the first), until `fits` says no; at least one. */
  list(
    directory: number,
    position: number,
    fits: (entry: ListedEntry) => boolean,
  ): Answer<readonly ListedEntry[]>;
}
