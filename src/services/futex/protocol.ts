/**
 * Protocol of the futex service: fast user-space locks (futex(2)).
 */

import type { TaskId } from "../../kernel/calls.js";
import { handle, inputOf, operation, protocol, type Result, word } from "../../kernel/protocol.js";

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
});
