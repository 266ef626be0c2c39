/**
 * Protocol of the futex service: fast user-space locks (futex(2)).
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  inputOf,
  inputOutputOf,
  operation,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

/** The slot of a call that is 1 once it waits: its words are not to be compared again. */
export const FUTEX_SLOT_QUEUED = 0;
/** Bytes of an entry of waitVector's list. */
export const VECTOR_ENTRY_BYTES = 16;

export interface FutexService {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** FUTEX_WAIT(_BITSET): -EAGAIN unless the word is `expected`. deadlineNanoseconds: absolute
   * monotonic, < 0: none. The end of the wait does not re-run (kernel.complete). */
  wait(
    caller: TaskId,
    address: number,
    shared: number,
    expected: number,
    deadlineNanoseconds: number,
    bits: number,
  ): Result;
  /** @returns how many were woken */
  wake(caller: TaskId, address: number, shared: number, count: number, bits: number): Result;
  /** FUTEX_REQUEUE, or with compare 1 FUTEX_CMP_REQUEUE. @returns woken + requeued, for both, as
   * Linux's futex_requeue does (futex(2) says otherwise) */
  requeue(
    caller: TaskId,
    address: number,
    shared: number,
    wakeCount: number,
    requeueCount: number,
    target: number,
    compare: number,
    expected: number,
  ): Result;
  /** FUTEX_WAKE_OP. */
  wakeOperation(
    caller: TaskId,
    address: number,
    shared: number,
    wakeCount: number,
    wakeCount2: number,
    target: number,
    encodedOperation: number,
  ): Result;
  /**
   * futex_waitv(2), of words that were compared already: entries of VECTOR_ENTRY_BYTES, each an
   * address (8 bytes) and whether it is shared (4). @returns the index of the word that was woken
   */
  waitVector(
    caller: TaskId,
    vector: number,
    lengthBytes: number,
    deadlineNanoseconds: number,
  ): Result;
  /** FUTEX_LOCK_PI; isTry 1: FUTEX_TRYLOCK_PI. deadlineNanoseconds as for wait. */
  lock(
    caller: TaskId,
    address: number,
    shared: number,
    deadlineNanoseconds: number,
    isTry: number,
  ): Result;
  /** FUTEX_UNLOCK_PI. */
  unlock(caller: TaskId, address: number, shared: number): Result;
  /** The caller's thread ends: locks that it has go on to who waits for them. */
  leave(caller: TaskId): Result;
  /** A wait of the caller has ended: it is in no queue any more. */
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
}

export const futexProtocol = protocol<FutexService>("futex", {
  event: operation(1, "mutation", word, word, word, word),
  wait: operation(2, "mutation", inputOf(4), word, word, word, word),
  wake: operation(3, "mutation", word, word, word, word),
  requeue: operation(4, "mutation", inputOf(4), word, word, word, word, word, word),
  wakeOperation: operation(
    5,
    "mutation",
    word,
    word,
    word,
    word,
    { kind: "inout", lengthBytes: 4 },
    word,
  ),
  commit: operation(6, "mutation", handle),
  abort: operation(7, "mutation", handle),
  waitVector: operation(8, "mutation", input(1), word, word),
  lock: operation(9, "mutation", inputOutputOf(4), word, word, word),
  unlock: operation(10, "mutation", inputOutputOf(4), word),
  leave: operation(11, "mutation"),
});
