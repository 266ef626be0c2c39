/**
 * What fs-overlay remembers, as plain data: for each node the node below and the node above that it
 * stands for, and which names of the directory below are hidden. Layers: state → nodes.ts →
 * copy-up.ts → names.ts, listing.ts → overlay.ts (the service).
 */
import type { KernelCalls } from "../../kernel/calls.js";
import type { FileSystemService } from "../file/protocol.js";

/** A name of a directory with the position that it keeps; names are latin1 text. */
export interface ListedName {
  readonly name: string;
  readonly position: number;
  readonly inode: number;
  /** DT_* */
  readonly type: number;
  /** The directory below has it. */
  readonly isBelow: boolean;
}

export interface Listing {
  readonly names: ListedName[];
  next: number;
}

/** Content that is being copied up. */
export interface Copy {
  readonly callId: number;
  readonly upper: number;
  readonly lowerHandle: number;
  readonly upperHandle: number;
  offset: number;
}

export interface Node {
  readonly number: number;
  /** Root of the instance that it is in. */
  readonly root: number;
  /** S_IF* */
  readonly type: number;
  /** st_ino: the same before and after it is copied up. */
  readonly inode: number;
  /** Node of the file system below; -1: none. A directory with both shows the names of both. */
  readonly lower: number;
  /** Node of the file system above; -1: none yet. */
  upper: number;
  /** The directory and the name (latin1) that it was found under last. */
  parent: number;
  name: string;
  /** Open files, working directories, mounts, and nodes that have it as their parent. */
  references: number;
  /** Names of it below that are hidden since they were removed or replaced. */
  goneLinks: number;
  /** Directories: names of the directory below that do not show. */
  readonly hidden: Set<string>;
  listing: Listing | undefined;
  copy: Copy | undefined;
}

/** An open file: a handle of the file system below or above, or of both one after the other. */
export interface Opened {
  readonly node: number;
  readonly flags: number;
  lowerHandle: number;
  upperHandle: number;
}

/** One mount: the roots of what it shows. */
export interface Instance {
  readonly lowerRoot: number;
  readonly upperRoot: number;
}

export interface OverlayState {
  /** Of nodes and of handles. */
  nextNumber: number;
  readonly nodes: Map<number, Node>;
  /** Numbers of nodes by their node below, and above. */
  readonly byLower: Map<number, number>;
  readonly byUpper: Map<number, number>;
  /** Nodes that are only below and without references, the longest unused first. */
  readonly idle: Map<number, true>;
  /** Nodes above that were given back or lost a name in a call under way: they may have ended. */
  readonly loose: Set<number>;
  /** Nodes with a copy under way. */
  readonly copying: Set<number>;
  readonly opened: Map<number, Opened>;
  /** By root. */
  readonly instances: Map<number, Instance>;
  /** Directories with a listing, the longest unused first. */
  readonly listed: Set<number>;
}

/** What the functions of this folder work on. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly lower: FileSystemService;
  readonly upper: FileSystemService;
  readonly state: OverlayState;
}

/** Nothing is mounted. */
export function createState(): OverlayState {
  return {
    nextNumber: 1,
    nodes: new Map(),
    byLower: new Map(),
    byUpper: new Map(),
    idle: new Map(),
    loose: new Set(),
    copying: new Set(),
    opened: new Map(),
    instances: new Map(),
    listed: new Set(),
  };
}
