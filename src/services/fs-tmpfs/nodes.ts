/**
 * Nodes of tmpfs: what a file, directory, link or device node is, as plain data, and the figures
 * that stat(2) and statfs(2) show. Layers: nodes → directories.ts,
 * content.ts, extended.ts → tmpfs.ts (the service).
 */
import { O_NOATIME, S_IFDIR, S_IFMT } from "../../abi/file.js";
import { F_SEAL_SEAL } from "../../abi/memory-file.js";
import type { KernelCalls } from "../../kernel/calls.js";
import { ALWAYS_ATIME, NODE } from "../file/protocol.js";

/** An entry of a directory. Cookies grow and are never reused, so that getdents can go on. */
export interface Entry {
  readonly node: number;
  readonly cookie: number;
  /** The job that is charged for it. */
  readonly job: number;
}

export interface Node {
  readonly inode: number;
  /** The job that is charged for it (kernel/jobs.ts). */
  readonly job: number;
  /** Root directory of the instance that it is in. */
  readonly instance: number;
  /** Type and permission bits. */
  mode: number;
  userId: number;
  groupId: number;
  /** Names that lead here; a directory: 2 and one more for each subdirectory. */
  links: number;
  /** Open files, working directories and mounts that hold the node. */
  references: number;
  readonly device: number;
  sizeBytes: number;
  /** Memory object of a regular file, else -1. */
  readonly object: number;
  /** Pages of the object that are charged to the file system's limit. */
  pages: number;
  /** Target of a symbolic link, as latin1 text. */
  readonly target: string;
  /** Directory: its entries by name (latin1 text), in the order of cookies. Others have none. */
  readonly entries: ReadonlyMap<string, Entry>;
  parent: number;
  nextCookie: number;
  accessSeconds: number;
  accessNanoseconds: number;
  modifySeconds: number;
  modifyNanoseconds: number;
  changeSeconds: number;
  changeNanoseconds: number;
  birthSeconds: number;
  birthNanoseconds: number;
  /** FS_*_FL (FS_IOC_SETFLAGS). */
  flags: number;
  /** F_SEAL_*: what has a name cannot be sealed. */
  seals: number;
  /** A file without a name that may get one yet (O_TMPFILE without O_EXCL). */
  linkable: boolean;
}

export interface TmpfsState {
  readonly nodes: Map<number, Node>;
  /** Extended attributes by node, those with any: names with their prefix to values. */
  readonly extended: Map<number, Map<string, Uint8Array>>;
  nextInode: number;
  /** By the number of their root directories. */
  readonly instances: Map<number, Instance>;
}

/** What one mount of the type has (instances.ts). */
export interface Instance {
  readonly root: number;
  /** Pages charged, nodes, and their limits. */
  pages: number;
  nodes: number;
  pagesMax: number;
  nodesMax: number;
  /** What /proc/mounts shows; -1: not said. */
  readonly shown: {
    pages: number;
    nodes: number;
    readonly mode: number;
    readonly userId: number;
    readonly groupId: number;
  };
}

/** Node number (and inode) of the first instance's root directory. */
export const ROOT = 1;
/** Cookies of "." and ".."; names begin behind them. */
export const COOKIE_SELF = 1;
export const COOKIE_PARENT = 2;
export const COOKIE_FIRST = 3;

const NO_ENTRIES: ReadonlyMap<string, Entry> = new Map();

/** S_IF* of the node. */
export const typeOf = (node: Node): number => node.mode & S_IFMT;
/** Whether the node is a directory. */
export const isDirectory = (node: Node): boolean => typeOf(node) === S_IFDIR;

/** What a node, and a name, take of the host's memory besides their texts. */
const NODE_BYTES = 2048;
/** 160 were measured: an entry, its text, its place in a map, and the map of half the size before
 * it, which is garbage by then. */
const ENTRY_BYTES = 192;

/** What a node takes of the host's memory. @param targetBytes of a symbolic link */
export const nodeBytes = (targetBytes: number): number => NODE_BYTES + 2 * targetBytes;
/** What a name in a directory takes of the host's memory. */
export const entryBytes = (nameBytes: number): number => ENTRY_BYTES + nameBytes;

/** A node not yet in any directory, with all times 0. @param job is charged for it */
export function blankNode(
  inode: number,
  instance: number,
  mode: number,
  device: number,
  object: number,
  job: number,
): Node {
  return {
    inode,
    job,
    instance,
    mode,
    userId: 0,
    groupId: 0,
    links: (mode & S_IFMT) === S_IFDIR ? 2 : 1,
    references: 0,
    device,
    sizeBytes: 0,
    object,
    pages: 0,
    target: "",
    entries: (mode & S_IFMT) === S_IFDIR ? new Map() : NO_ENTRIES,
    parent: 0,
    nextCookie: COOKIE_FIRST,
    accessSeconds: 0,
    accessNanoseconds: 0,
    modifySeconds: 0,
    modifyNanoseconds: 0,
    changeSeconds: 0,
    changeNanoseconds: 0,
    birthSeconds: 0,
    birthNanoseconds: 0,
    flags: 0,
    seals: F_SEAL_SEAL,
    linkable: false,
  };
}

/** Sets st_mtime and st_ctime to now (content changed). */
export function touchModified(kernel: KernelCalls, node: Node): void {
  node.modifySeconds = kernel.coarseSeconds();
  node.modifyNanoseconds = kernel.coarseNanoseconds();
  node.changeSeconds = node.modifySeconds;
  node.changeNanoseconds = node.modifyNanoseconds;
}

/** Sets st_ctime to now (attributes changed). */
export function touchChanged(kernel: KernelCalls, node: Node): void {
  node.changeSeconds = kernel.coarseSeconds();
  node.changeNanoseconds = kernel.coarseNanoseconds();
}

/** Sets all times to now (a new node). */
export function touchAll(kernel: KernelCalls, node: Node): void {
  touchModified(kernel, node);
  node.accessSeconds = node.modifySeconds;
  node.accessNanoseconds = node.modifyNanoseconds;
  node.birthSeconds = node.modifySeconds;
  node.birthNanoseconds = node.modifyNanoseconds;
}

/** Sets st_atime as mount option relatime does: only if it is not newer than the last change, or a
 * day old (mount(8)). @param flags O_NOATIME: not at all; ALWAYS_ATIME: always */
export function touchAccessed(kernel: KernelCalls, node: Node, flags = 0): void {
  if ((flags & O_NOATIME) !== 0) return;
  const seconds = kernel.coarseSeconds();
  const notAfter = (otherSeconds: number, otherNanoseconds: number): boolean =>
    node.accessSeconds < otherSeconds ||
    (node.accessSeconds === otherSeconds && node.accessNanoseconds <= otherNanoseconds);
  const stale =
    (flags & ALWAYS_ATIME) !== 0 ||
    notAfter(node.modifySeconds, node.modifyNanoseconds) ||
    notAfter(node.changeSeconds, node.changeNanoseconds) ||
    seconds - node.accessSeconds >= 86400;
  if (!stale) return;
  node.accessSeconds = seconds;
  node.accessNanoseconds = kernel.coarseNanoseconds();
}

/** @returns the attribute `which` (NODE.*), or undefined: there is none such */
export function attributeOf(node: Node, which: number): number | undefined {
  switch (which) {
    case NODE.mode:
      return node.mode;
    case NODE.userId:
      return node.userId;
    case NODE.groupId:
      return node.groupId;
    case NODE.sizeBytes:
      return node.sizeBytes;
    case NODE.links:
      return node.links;
    case NODE.device:
      return node.device;
    case NODE.accessSeconds:
      return node.accessSeconds;
    case NODE.accessNanoseconds:
      return node.accessNanoseconds;
    case NODE.modifySeconds:
      return node.modifySeconds;
    case NODE.modifyNanoseconds:
      return node.modifyNanoseconds;
    case NODE.changeSeconds:
      return node.changeSeconds;
    case NODE.changeNanoseconds:
      return node.changeNanoseconds;
    case NODE.inode:
      return node.inode;
    case NODE.birthSeconds:
      return node.birthSeconds;
    case NODE.birthNanoseconds:
      return node.birthNanoseconds;
    case NODE.flags:
      return node.flags;
    case NODE.instance:
      return node.instance;
    case NODE.seals:
      return node.seals;
    default:
      return undefined;
  }
}

/** Sets an attribute that chmod, chown and utimensat may set. @returns whether it is such a one */
export function assignAttribute(node: Node, which: number, value: number): boolean {
  switch (which) {
    case NODE.mode:
      node.mode = (node.mode & S_IFMT) | (value & 0o7777);
      return true;
    case NODE.userId:
      node.userId = value;
      return true;
    case NODE.groupId:
      node.groupId = value;
      return true;
    case NODE.accessSeconds:
      node.accessSeconds = value;
      return true;
    case NODE.accessNanoseconds:
      node.accessNanoseconds = value;
      return true;
    case NODE.modifySeconds:
      node.modifySeconds = value;
      return true;
    case NODE.modifyNanoseconds:
      node.modifyNanoseconds = value;
      return true;
    case NODE.flags:
      node.flags = value;
      return true;
    default:
      return false;
  }
}
