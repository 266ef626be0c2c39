/** What the events service keeps, by the number in a handle: plain data. */
import type { Channel, KernelCalls, TaskId } from "../../kernel/calls.js";

/** An eventfd's counter: 64 bits as two words. */
export interface Counter {
  low: number;
  high: number;
  readonly isSemaphore: boolean;
  /** Woken when the counter grows, and when it shrinks. */
  readonly growth: Channel;
  readonly room: Channel;
}

/** A timerfd. */
export interface FileTimer {
  readonly clock: number;
  /** Monotonic; Infinity: not armed, or expired once and for all. */
  dueNanoseconds: number;
  /** 0: once. */
  intervalNanoseconds: number;
  /** The kernel's timer that will tell of the expiration; 0: none. */
  timer: number;
  /** TFD_* of the last setting. */
  flags: number;
  /** Expirations that nobody has read. */
  ticks: number;
  readonly channel: Channel;
}

/** A signalfd's set. */
export interface SignalSet {
  low: number;
  high: number;
}

/** A pidfd: ids are used again, the time of the start tells them apart. */
export interface ProcessReference {
  readonly process: TaskId;
  readonly startNanoseconds: number;
}

export interface EventsState {
  nextNumber: number;
  readonly counters: Map<number, Counter>;
  readonly timers: Map<number, FileTimer>;
  readonly signals: Map<number, SignalSet>;
  readonly processes: Map<number, ProcessReference>;
}

/** What the functions of this folder work on. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly state: EventsState;
}

/** Wake every waiting call. */
export const ALL = 2 ** 31 - 1;

/** @returns the state of a system without files of events */
export function createEventsState(): EventsState {
  return {
    nextNumber: 1,
    counters: new Map(),
    timers: new Map(),
    signals: new Map(),
    processes: new Map(),
  };
}

/** Puts an object in its table. @returns its handle */
export function addHandle<T>(state: EventsState, table: Map<number, T>, kind: number, object: T) {
  const number = state.nextNumber++;
  table.set(number, object);
  return number * 8 + kind;
}

/** @returns the object of a handle; an unknown handle is a bug of the file service */
export function objectOf<T>(table: Map<number, T>, handle: number): T {
  const found = table.get(Math.floor(handle / 8));
  if (found === undefined) throw new Error(`events: handle ${handle} is not open`);
  return found;
}
