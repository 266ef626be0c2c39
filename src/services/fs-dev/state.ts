/** What fs-dev keeps, as plain data, and its options. */
export interface DevOptions {
  /** Names of empty directories to mount on ("shm"). */
  readonly directories?: readonly string[];
}

export interface DevNode {
  /** "": the root, or a device that has no name here. */
  readonly name: string;
  mode: number;
  readonly device: number;
  /** Of a symbolic link. */
  readonly target: string;
  userId: number;
  groupId: number;
  accessSeconds: number;
  accessNanoseconds: number;
  modifySeconds: number;
  modifyNanoseconds: number;
  changeSeconds: number;
  changeNanoseconds: number;
}

/** A byte stream of the host, while it is open. */
export interface Stream {
  readonly inputChannel: number;
  readonly roomChannel: number;
  /** Written only. */
  readonly isPrinter: boolean;
}

export interface DevState {
  readonly nodes: Map<number, DevNode>;
  /** Nodes that programs made (made.ts). */
  readonly made: Map<number, { references: number }>;
  nextMade: number;
  /** By port. */
  readonly streams: Map<number, Stream>;
  /** Nobody wakes it: for readers of kmsg. */
  readonly idleChannel: number;
}

export const ROOT = 1;
/** Nodes that programs make begin here. */
export const FIRST_MADE = 2 ** 20;
