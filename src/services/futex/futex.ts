/**
 * Futexes: a queue of waiting tasks per key, a wait channel per wait. The key comes from memory, so
 * that a word of shared memory is the same futex in every space. Layers: state.ts, operation.ts →
 * locks.ts (priority inheritance) → this.
 *
 * A wait stays in its queue until it is woken or its call ends (`participate`), not only while it
 * is parked: a wake that comes between a spurious wake-up and the re-run marks the wait as woken,
 * and the re-run answers. So no wake is lost and none counts twice.
 */
import { EAGAIN, EFAULT, EINVAL, ENOSYS, ETIMEDOUT } from "../../abi/errno.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import { endLockWait, leaveLocks, lock, unlock } from "./locks.js";
import { change, compareOld, operandOf } from "./operation.js";
import { FUTEX_SLOT_QUEUED, type FutexService, VECTOR_ENTRY_BYTES } from "./protocol.js";
import {
  type Core,
  dequeue,
  enqueue,
  type FutexState,
  VECTOR_MAX,
  type Wait,
  type Word,
} from "./state.js";

/** futex(2), futex_waitv(2). */
export class Futexes implements FutexService {
  readonly state: FutexState = {
    waits: new Map(),
    queues: new Map(),
    locks: new Map(),
    lockWaits: new Map(),
  };
  private readonly core: Core;
  /** A word on its way from or to the caller. */
  private readonly word = new DataView(new ArrayBuffer(4));
  private readonly bytes = new Uint8Array(this.word.buffer);

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: { readonly memory: MemoryService },
  ) {
    this.core = { kernel, memory: services.memory, state: this.state };
  }

  event(_caller: TaskId, _kind: number, _word0: number, _word1: number, _word2: number): Result {
    return 0;
  }

  wait(
    caller: TaskId,
    address: number,
    shared: number,
    expected: number,
    deadlineNanoseconds: number,
    bits: number,
  ): Result {
    if (this.kernel.slot(caller, FUTEX_SLOT_QUEUED) !== 0) return this.resume(caller);
    if (bits === 0) return -EINVAL;
    if (caller === 0) return -EAGAIN;
    const key = this.services.memory.futexKey(caller, address, shared);
    if (key < 0) return key;
    if (this.load(caller, address) < 0) return -EFAULT;
    if (this.word.getInt32(0, true) !== (expected | 0)) return -EAGAIN;
    if (this.kernel.forced(caller)) return BLOCKED;
    return this.begin(caller, [{ key, bits: bits | 0 }], deadlineNanoseconds);
  }

  waitVector(
    caller: TaskId,
    vector: number,
    lengthBytes: number,
    deadlineNanoseconds: number,
  ): Result {
    if (this.kernel.slot(caller, FUTEX_SLOT_QUEUED) !== 0) return this.resume(caller);
    if (caller === 0) return -EAGAIN;
    const bytes = new Uint8Array(lengthBytes);
    const failed = this.kernel.copyIn(caller, vector, bytes, 0, lengthBytes);
    if (failed < 0) return failed;
    const view = new DataView(bytes.buffer);
    const words: Word[] = [];
    for (let at = 0; at < lengthBytes; at += VECTOR_ENTRY_BYTES) {
      const address = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
      const key = this.services.memory.futexKey(caller, address, view.getUint32(at + 8, true));
      if (key < 0) return key;
      words.push({ key, bits: -1 });
    }
    if (this.kernel.forced(caller)) return BLOCKED;
    return this.begin(caller, words, deadlineNanoseconds);
  }

  private begin(caller: TaskId, words: Word[], deadlineNanoseconds: number): Result {
    if (deadlineNanoseconds >= 0) {
      if (this.kernel.monotonicNanoseconds() >= deadlineNanoseconds) return -ETIMEDOUT;
      this.kernel.setDeadline(caller, deadlineNanoseconds);
    }
    const channel = this.kernel.newChannel();
    const callId = this.kernel.callId(caller);
    this.state.waits.set(caller, { callId, channel, words, woken: -1 });
    for (const [index, { key }] of words.entries()) enqueue(this.state, key, caller, index);
    this.kernel.setSlot(caller, FUTEX_SLOT_QUEUED, 1);
    this.kernel.participate(caller);
    return this.kernel.block(caller, channel);
  }

  /** A re-run: by a deadline, or for no reason. The word is not compared again: the wait goes on.
   */
  private resume(caller: TaskId): Result {
    const wait = this.state.waits.get(caller);
    if (wait === undefined) throw new Error(`futex wait of task ${caller} is not queued`);
    if (wait.woken >= 0) return wait.woken;
    if (this.kernel.monotonicNanoseconds() >= this.kernel.deadline(caller)) return -ETIMEDOUT;
    return this.kernel.block(caller, wait.channel);
  }

  wake(caller: TaskId, address: number, shared: number, count: number, bits: number): Result {
    if (bits === 0) return -EINVAL;
    const key = this.services.memory.futexKey(caller, address, shared);
    return key < 0 ? key : this.wakeKey(key, count, bits);
  }

  /** Wakes up to `count` waits whose bits match; at least one is tried, as in Linux. */
  private wakeKey(key: number, count: number, bits: number): number {
    let woken = 0;
    for (const entry of this.state.queues.get(key)?.slice() ?? []) {
      const { task, wait, index } = this.entryOf(entry);
      // Two words of one vector can be the same futex: the first has ended the wait.
      if (wait.woken >= 0 || ((wait.words[index] as Word).bits & bits) === 0) continue;
      this.end(task, wait, index);
      if (++woken >= count) break;
    }
    return woken;
  }

  private entryOf(entry: number): { task: TaskId; wait: Wait; index: number } {
    const task = Math.floor(entry / VECTOR_MAX);
    return { task, wait: this.state.waits.get(task) as Wait, index: entry % VECTOR_MAX };
  }

  /** Takes a wait out of its queues and ends its call with the word's index. */
  private end(task: TaskId, wait: Wait, index: number): void {
    this.leaveQueues(task, wait);
    wait.woken = index;
    this.kernel.complete(wait.channel, 1, index);
  }

  private leaveQueues(task: TaskId, wait: Wait): void {
    for (const [index, { key }] of wait.words.entries()) dequeue(this.state, key, task, index);
  }

  requeue(
    caller: TaskId,
    address: number,
    shared: number,
    wakeCount: number,
    requeueCount: number,
    target: number,
    compare: number,
    expected: number,
  ): Result {
    if (wakeCount < 0 || requeueCount < 0) return -EINVAL;
    const from = this.services.memory.futexKey(caller, address, shared);
    if (from < 0) return from;
    const to = this.services.memory.futexKey(caller, target, shared);
    if (to < 0) return to;
    if (compare !== 0) {
      if (this.load(caller, address) < 0) return -EFAULT;
      if (this.word.getInt32(0, true) !== (expected | 0)) return -EAGAIN;
    }
    let done = 0;
    for (const entry of this.state.queues.get(from)?.slice() ?? []) {
      if (done >= wakeCount + requeueCount) break;
      const { task, wait, index } = this.entryOf(entry);
      if (wait.woken >= 0) continue;
      if (done < wakeCount) this.end(task, wait, index);
      else this.move(task, wait, index, to);
      done++;
    }
    return done;
  }

  private move(task: TaskId, wait: Wait, index: number, to: number): void {
    const word = wait.words[index] as Word;
    dequeue(this.state, word.key, task, index);
    word.key = to;
    enqueue(this.state, to, task, index);
  }

  wakeOperation(
    caller: TaskId,
    address: number,
    shared: number,
    wakeCount: number,
    wakeCount2: number,
    target: number,
    encodedOperation: number,
  ): Result {
    const from = this.services.memory.futexKey(caller, address, shared);
    if (from < 0) return from;
    const to = this.services.memory.futexKey(caller, target, shared);
    if (to < 0) return to;
    if (this.load(caller, target) < 0) return -EFAULT;
    const old = this.word.getInt32(0, true);
    const operand = operandOf(encodedOperation);
    const changed = change(old, (encodedOperation >>> 28) & 7, operand);
    const matches = compareOld(old, encodedOperation);
    if (changed === undefined || matches === undefined) return -ENOSYS;
    this.word.setInt32(0, changed, true);
    if (this.kernel.copyOut(caller, target, this.bytes, 0, 4) < 0) return -EFAULT;
    const woken = this.wakeKey(from, wakeCount, -1);
    return matches ? woken + this.wakeKey(to, wakeCount2, -1) : woken;
  }

  lock(
    caller: TaskId,
    address: number,
    shared: number,
    deadlineNanoseconds: number,
    isTry: number,
  ): Result {
    return lock(this.core, caller, address, shared, deadlineNanoseconds, isTry !== 0);
  }

  unlock(caller: TaskId, address: number, shared: number): Result {
    return unlock(this.core, caller, address, shared);
  }

  leave(caller: TaskId): Result {
    leaveLocks(this.core, caller);
    return 0;
  }

  /** The caller's wait has ended, with whatever result. */
  commit(caller: TaskId, callId: number): Result {
    endLockWait(this.core, caller, callId);
    const wait = this.state.waits.get(caller);
    if (wait?.callId !== callId) return 0;
    if (wait.woken < 0) this.leaveQueues(caller, wait);
    this.state.waits.delete(caller);
    return 0;
  }

  /** As commit; a wake that this call had got but did not live to answer goes to the next in line.
   */
  abort(caller: TaskId, callId: number): Result {
    const wait = this.state.waits.get(caller);
    this.commit(caller, callId);
    if (wait?.callId !== callId || wait.woken < 0) return 0;
    const { key, bits } = wait.words[wait.woken] as Word;
    this.wakeKey(key, 1, bits);
    return 0;
  }

  private load(caller: TaskId, address: number): Result {
    return this.kernel.copyIn(caller, address, this.bytes, 0, 4);
  }
}
