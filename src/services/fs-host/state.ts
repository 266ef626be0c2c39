/**
 * What fs-host remembers, as plain data: nodes that were looked up, what is open, and for each call
 * under way which requests it has sent. Layers: state → requests.ts → nodes.ts → content.ts,
 * directory.ts → host.ts (the service).
 */
import type { FuseAttributes } from "../../abi/fuse.js";
import type { KernelCalls } from "../../kernel/calls.js";
import type { FolderDriver } from "../device/protocol.js";
import type { MemoryService } from "../memory/protocol.js";

export interface Node {
  /** FUSE's number of the node. */
  readonly number: number;
  /** Root of the folder that it is in. */
  readonly root: number;
  /** The directory that it was found in last; of a folder's root: itself. */
  parent: number;
  attributes: FuseAttributes;
  /** The call in which the attributes were asked for; -1: they are out of date. */
  freshCall: number;
  /** Open files, working directories, mounts, and nodes that have it as their parent. */
  references: number;
  /** How often the host has told of it: what FORGET takes back. */
  lookups: number;
  /** Memory object with the content, for mappings and programs; -1: none. */
  object: number;
  /** Attributes of what the object has; while it is filled, how far. */
  loaded: { sizeBytes: number; seconds: number; nanoseconds: number; doneBytes: number };
  /** Seconds that setAttribute was told of, until their nanoseconds follow. */
  accessSeconds: number;
  modifySeconds: number;
}

/** An open file. */
export interface Opened {
  readonly node: number;
  /** FUSE's handle; -1: none (directories, links, FIFOs). */
  readonly fileHandle: number;
  readonly flags: number;
}

/** A request of a call under way. */
export interface Asked {
  readonly unique: number;
  /** The reply, kept until the call ends, so that a re-run does not ask again. */
  reply: Uint8Array | undefined;
  /** What went to the request's output. */
  output: Uint8Array | undefined;
}

export interface HostState {
  nextUnique: number;
  nextHandle: number;
  /** INIT was answered. */
  isStarted: boolean;
  readonly nodes: Map<number, Node>;
  readonly opened: Map<number, Opened>;
  /** Nodes without references, the longest unused first. */
  readonly idle: Map<number, true>;
  /** By call: requests by their text (requests.ts). */
  readonly calls: Map<number, Map<string, Asked>>;
  /** By call: handles that CREATE gave and no open has taken yet, by node. */
  readonly created: Map<number, Map<number, number>>;
  /** Requests without a reply that the driver had no room for. */
  readonly unsent: { readonly bytes: Uint8Array; readonly isUrgent: boolean }[];
}

/** What the functions of this folder work on. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly driver: FolderDriver;
  readonly memory: MemoryService;
  readonly state: HostState;
}

/** Nothing known, nothing open. */
export function createState(): HostState {
  return {
    nextUnique: 1,
    nextHandle: 1,
    isStarted: false,
    nodes: new Map(),
    opened: new Map(),
    idle: new Map(),
    calls: new Map(),
    created: new Map(),
    unsent: [],
  };
}
