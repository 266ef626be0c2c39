/**
 * Waits for futexes as data: queues by key, and what a waiting call waits for. A call stays in its
 * queues until it is woken or ends, not only while it is parked (futex.ts).
 */
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import type { MemoryService } from "../memory/protocol.js";

/** Most words that one call waits for (FUTEX_WAITV_MAX). */
export const VECTOR_MAX = 128;

/** One word that a call waits for. */
export interface Word {
  key: number;
  /** FUTEX_WAIT_BITSET's set. */
  readonly bits: number;
}

/** A wait under way. */
export interface Wait {
  readonly callId: number;
  readonly channel: number;
  /** One, or those of futex_waitv. */
  readonly words: Word[];
  /** Index of the word whose wake-up found the call between a spurious wake-up and its re-run, or
   * completed it; -1: none. */
  woken: number;
}

/** A priority-inheritance lock that somebody waits for. */
export interface Lock {
  /** The thread that has it. */
  owner: TaskId;
  /** In the order in which they came. */
  readonly waiters: LockWaiter[];
}

export interface LockWaiter {
  readonly task: TaskId;
  /** Where the word is in the waiter's space. */
  readonly address: number;
}

/** A call that waits for a lock. */
export interface LockWait {
  readonly callId: number;
  readonly channel: number;
  readonly key: number;
  /** The lock was handed over: the call's answer, 0, is on its way. */
  taken: boolean;
}

export interface FutexState {
  /** By task: a task is in one call at a time. */
  waits: Map<TaskId, Wait>;
  /** By key, first come first served: task × VECTOR_MAX + index of the word; none: no entry. */
  queues: Map<number, number[]>;
  /** By key; nobody waits: no entry. */
  readonly locks: Map<number, Lock>;
  readonly lockWaits: Map<TaskId, LockWait>;
}

/** What the functions of this folder work on. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly memory: MemoryService;
  readonly state: FutexState;
}

/** Puts a task's word at the end of the key's queue. */
export function enqueue(state: FutexState, key: number, task: TaskId, index: number): void {
  const entry = task * VECTOR_MAX + index;
  const queue = state.queues.get(key);
  if (queue === undefined) state.queues.set(key, [entry]);
  else queue.push(entry);
}

/** Takes a task's word out of the key's queue. */
export function dequeue(state: FutexState, key: number, task: TaskId, index: number): void {
  const queue = state.queues.get(key);
  if (queue === undefined) return;
  const at = queue.indexOf(task * VECTOR_MAX + index);
  if (at >= 0) queue.splice(at, 1);
  if (queue.length === 0) state.queues.delete(key);
}
