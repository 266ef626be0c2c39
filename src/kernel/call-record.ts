/**
 * Call records: what the kernel keeps of a system call under way (docs/design.md 4.1). Plain data:
 * a signal can interrupt a call, a snapshot can save it, a re-run finds what it must not redo.
 */
import { SCRATCH_BASE, SCRATCH_STRIDE_BYTES } from "./protocol.js";

/** What a record is of. */
export const CALL_NONE = 0;
/** A system call of a program. */
export const CALL_SYSTEM = 1;
/** A page fault that may have to wait. */
export const CALL_FAULT = 2;
/** The delivery of a signal. */
export const CALL_SIGNAL = 3;
/** The start of a program by the host: as execve, but before any instruction. */
export const CALL_START = 4;
/** The kernel's own: events, boot. */
export const CALL_KERNEL = 5;

/** Words a service may keep with a call. */
export const SLOTS = 8;

/** Numbers that a recorded reply takes in CallRecord.replies: service, operation, result. */
const REPLY_NUMBERS = 3;

export interface CallRecord {
  /** The task whose call it is; 0: the kernel's own. */
  task: number;
  kind: number;
  /** Unique over the life of the system; a re-run has the same. */
  id: number;
  /** System-call number, or for a fault the page, for others 0. */
  number: number;
  /** For CALL_FAULT: the access; else 0. */
  access: number;
  /** For CALL_FAULT: the cause of the trap and its value, for the signal. */
  cause: number;
  valueLow: number;
  valueHigh: number;
  runs: number;
  /** Bytes done by earlier chunks of a partial call. */
  progress: number;
  started: number;
  /** Only SIGKILL ends the wait. */
  killable: boolean;
  /** Absolute, in monotonic nanoseconds; Infinity: none. */
  deadline: number;
  /** The deadline that stands in the kernel's heap for this call; Infinity: none. */
  armedNanoseconds: number;
  hasSavedMask: boolean;
  savedMaskLow: number;
  savedMaskHigh: number;
  /** Signals that end the wait although masked (sigtimedwait). */
  awaitedLow: number;
  awaitedHigh: number;
  /** The result must not be stored in a0 (execve, rt_sigreturn, exit). */
  keepsRegisters: boolean;
  /** Anything below needs a release at the end of the call. */
  dirty: boolean;
  readonly slots: Float64Array;
  /** One of them was set. */
  hasSlots: boolean;
  readonly scratch: Uint8Array[];
  /** What the call is charged for while it waits. */
  heldBytes: number;
  /** Scratch that the system-call layer has filled already: kept over re-runs. */
  inputs: number;
  readonly channels: number[];
  /** Service numbers to be told of commit or abort. */
  readonly participants: number[];
  /**
   * Mutating replies that ports recorded, three numbers each, found again by their step in a
   * re-run. Only the first `replyCount` of them are of this call: the storage is used again.
   */
  readonly replies: number[];
  replyCount: number;
  /** Injection: how many blocking places were forced so far, and asked in this run. */
  forcedPlaces: number;
  askedPlaces: number;
  /** Not 0: `block` watches for this set and token instead of waiting (watches.ts). */
  watchSet: number;
  watchToken: number;
  isWatchExclusive: boolean;
  /** A handler that interrupts the wait does not end the call: it begins anew afterwards. */
  restarts: boolean;
  /** Completed by a wake-up (kernel.complete) with this result. */
  completed: boolean;
  completion: number;
  /** Tracing: the call's entry was shown. */
  traced: boolean;
  /** It waited, and looks once more before a signal ends the wait. */
  woken: boolean;
}

/** @param task the task's id */
export function createCallRecord(task: number): CallRecord {
  return {
    task,
    kind: CALL_NONE,
    id: 0,
    number: 0,
    access: 0,
    cause: 0,
    valueLow: 0,
    valueHigh: 0,
    runs: 0,
    progress: 0,
    started: 0,
    killable: false,
    deadline: Number.POSITIVE_INFINITY,
    armedNanoseconds: Number.POSITIVE_INFINITY,
    hasSavedMask: false,
    savedMaskLow: 0,
    savedMaskHigh: 0,
    awaitedLow: 0,
    awaitedHigh: 0,
    keepsRegisters: false,
    dirty: false,
    slots: new Float64Array(SLOTS),
    hasSlots: false,
    scratch: [],
    heldBytes: 0,
    inputs: 0,
    channels: [],
    participants: [],
    replies: [],
    replyCount: 0,
    forcedPlaces: 0,
    askedPlaces: 0,
    watchSet: 0,
    watchToken: 0,
    isWatchExclusive: false,
    restarts: false,
    completed: false,
    completion: 0,
    traced: false,
    woken: false,
  };
}

/** Takes everything out of a list; to set its length would be a call into the engine. */
export function empty(list: unknown[]): void {
  while (list.length > 0) list.pop();
}

/** Makes the record that of a new call. */
export function beginCall(record: CallRecord, kind: number, id: number, number: number): void {
  record.kind = kind;
  record.id = id;
  record.number = number;
  record.runs = 0;
  record.progress = 0;
  record.keepsRegisters = false;
  record.traced = false;
  record.woken = false;
  record.replyCount = 0;
  if (record.dirty) clearCall(record);
}

/** Keeps a word of a service's with the call. */
export function setSlot(record: CallRecord, index: number, value: number): void {
  record.slots[index] = value;
  record.hasSlots = true;
  record.dirty = true;
}

/** Keeps the reply to a mutation under (call id, step). */
export function recordReply(
  record: CallRecord,
  service: number,
  operation: number,
  result: number,
): void {
  const at = REPLY_NUMBERS * record.replyCount++;
  record.replies[at] = service;
  record.replies[at + 1] = operation;
  record.replies[at + 2] = result;
}

/** Drops what a call had gathered; channels and participants must have been dealt with. */
export function clearCall(record: CallRecord): void {
  record.started = 0;
  record.killable = false;
  record.deadline = Number.POSITIVE_INFINITY;
  record.armedNanoseconds = Number.POSITIVE_INFINITY;
  record.hasSavedMask = false;
  record.awaitedLow = 0;
  record.awaitedHigh = 0;
  if (record.hasSlots) record.slots.fill(0);
  record.hasSlots = false;
  empty(record.scratch);
  record.inputs = 0;
  empty(record.channels);
  empty(record.participants);
  record.forcedPlaces = 0;
  record.askedPlaces = 0;
  record.watchSet = 0;
  record.watchToken = 0;
  record.isWatchExclusive = false;
  record.restarts = false;
  record.completed = false;
  record.completion = 0;
  record.dirty = false;
}

/** @returns the address of a new scratch buffer of this call, or -1: too large or too many */
export function addScratch(record: CallRecord, lengthBytes: number): number {
  if (!(lengthBytes >= 0 && lengthBytes <= SCRATCH_STRIDE_BYTES)) return -1;
  return lendScratch(record, new Uint8Array(lengthBytes));
}

/**
 * Has a call read bytes in place, as scratch of its own.
 * @param bytes ≤ 16 MiB, not to change before the call ends, nor to be written by it
 * @returns their address
 */
export function lendScratch(record: CallRecord, bytes: Uint8Array): number {
  record.dirty = true;
  record.scratch.push(bytes);
  return SCRATCH_BASE + (record.scratch.length - 1) * SCRATCH_STRIDE_BYTES;
}

/**
 * The buffer that a scratch range is in; where it begins there, `scratchOffset` says.
 * @returns undefined: not inside a buffer of this call
 */
export function scratchBuffer(
  record: CallRecord,
  address: number,
  lengthBytes: number,
): Uint8Array | undefined {
  const buffer = record.scratch[Math.floor((address - SCRATCH_BASE) / SCRATCH_STRIDE_BYTES)];
  if (buffer === undefined) return undefined;
  const isInside = lengthBytes >= 0 && scratchOffset(address) + lengthBytes <= buffer.length;
  return isInside ? buffer : undefined;
}

/** Where a scratch address is in its buffer. */
export const scratchOffset = (address: number): number => address & (SCRATCH_STRIDE_BYTES - 1);

/** @returns the bytes of a scratch range, or undefined: not inside a buffer of this call */
export function scratchRange(
  record: CallRecord,
  address: number,
  lengthBytes: number,
): Uint8Array | undefined {
  const start = scratchOffset(address);
  return scratchBuffer(record, address, lengthBytes)?.subarray(start, start + lengthBytes);
}
