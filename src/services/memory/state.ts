/**
 * What the memory service keeps: address spaces with their regions, memory objects with their
 * frames, and what calls under way have prepared. All of it is plain data. Pages are counted, not
 * bytes: below USER_ADDRESS_LIMIT a page number fits in 26 bits.
 */
import { PAGE_BYTES, USER_ADDRESS_LIMIT } from "../../abi/memory.js";

/** Page numbers of user addresses are below this. */
export const PAGE_LIMIT = USER_ADDRESS_LIMIT / PAGE_BYTES;

/** A region without an object: private anonymous memory. */
export const NO_OBJECT = -1;

/** Region.flags. Regions merge only when all flags are equal. */
export const REGION = Object.freeze({
  /** Changes are seen by everyone who maps the object. */
  shared: 1,
  /** Grows downwards on a fault below it (MAP_GROWSDOWN, stack). */
  growsDown: 2,
  noReserve: 4,
  /** Shared mapping of an object that was opened for reading only: mprotect refuses PROT_WRITE. */
  readOnlyObject: 8,
  /** MADV_DONTFORK and MADV_WIPEONFORK. */
  notForked: 16,
  wipedOnFork: 32,
  heap: 64,
  stack: 128,
  vdso: 256,
  /** mlock(2); and that its pages come only when they are touched (MLOCK_ONFAULT). */
  locked: 512,
  lockedOnFault: 1024,
} as const);

/** Both bits of a locked region. */
export const LOCK_FLAGS = REGION.locked | REGION.lockedOnFault;

/** A run of pages with the same protection, flags and backing: [startPage, endPage). */
export interface Region {
  startPage: number;
  endPage: number;
  /** PROT_READ, PROT_WRITE, PROT_EXEC. */
  protection: number;
  flags: number;
  /** Memory object, or NO_OBJECT. Each region holds one reference of its object. */
  object: number;
  /** The object's page that startPage shows. */
  objectPage: number;
}

export interface Space {
  /** The kernel's id. */
  id: number;
  /** Sorted by startPage, without overlap. */
  regions: Region[];
  /** The job that is charged for it, and regions that it is charged for. */
  readonly job: number;
  heldRegions: number;
  /** How many tasks live in the space. */
  tasks: number;
  /** Sum of the regions' lengths, and the most that it was. */
  pages: number;
  peakPages: number;
  /** Pages of private writable regions other than stacks (RLIMIT_DATA). */
  dataPages: number;
  /** Pages of locked regions (RLIMIT_MEMLOCK). */
  lockedPages: number;
  /** REGION.locked and lockedOnFault for regions to come (mlockall(2) with MCL_FUTURE). */
  lockFuture: number;
  /** Placement goes downwards from here. */
  placementTopPage: number;
  /** The search for room begins below here: rooms above have at most `passedPages`. */
  searchPage: number;
  passedPages: number;
  /** Where the heap begins and ends, in bytes. */
  breakStart: number;
  breakEnd: number;
}

/** Page-wise content: the page cache of a file, or shared anonymous memory. */
export interface MemoryObject {
  id: number;
  /** The job that is charged for it, and what its frames are for (FRAME_USE). */
  readonly job: number;
  readonly use: number;
  sizeBytes: number;
  references: number;
  /** Frame of each present page; the object owns one reference of each. */
  frames: Map<number, number>;
  /** How many regions of each space map the object. */
  spaces: Map<number, number>;
  /** Small number for futex keys, 0: none yet. */
  futexNumber: number;
}

/** What a call under way has made and its end keeps (commit) or undoes (abort). */
export interface Pending {
  callId: number;
  /** The new space (exec, fork) or the shared one (clone with CLONE_VM). */
  space: number;
  /** The task made by fork; 0: an exec. */
  child: number;
}

/** The file behind an object, as /proc/PID/maps shows it. */
export interface ObjectName {
  readonly device: number;
  readonly inode: number;
  readonly path: string;
}

/** A space whose processes were killed: of the job whose memory was exhausted; 0: all memory. */
export interface Victim {
  readonly space: number;
  readonly job: number;
}

export interface MemoryState {
  spaces: Map<number, Space>;
  objects: Map<number, MemoryObject>;
  nextObject: number;
  /** By object. */
  names: Map<number, ObjectName>;
  /** By the caller's task id. */
  pending: Map<number, Pending>;
  /** Frames that objects own: the page cache. */
  objectFrames: number;
  /** The frame of zeros that read faults on anonymous memory share, -1: not yet. */
  zeroFrame: number;
  /** The object with the vDSO's pages, NO_OBJECT: not yet. */
  vdsoObject: number;
  nextFutexNumber: number;
  freeFutexNumbers: number[];
  /** Whose processes were killed because memory is exhausted, until they are gone. */
  victims: Victim[];
  /** Where those wait that got no frame; 0: nobody has yet. */
  memoryChannel: number;
}

/** @returns the state of a memory service that has done nothing yet */
export function createMemoryState(): MemoryState {
  return {
    spaces: new Map(),
    objects: new Map(),
    nextObject: 1,
    names: new Map(),
    pending: new Map(),
    objectFrames: 0,
    zeroFrame: -1,
    vdsoObject: NO_OBJECT,
    nextFutexNumber: 1,
    freeFutexNumbers: [],
    victims: [],
    memoryChannel: 0,
  };
}
