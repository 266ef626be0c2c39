/**
 * Futexes: a queue of waiting tasks per key, a wait channel per wait. The key comes from memory, so
 * that a word of shared memory is the same futex in every space.
 *
 * A wait stays in its queue until it is woken or its call ends (`participate`), not only while it
 * is parked: a wake that comes between a spurious wake-up and the re-run marks the wait as woken,
 * and the re-run answers 0. So no wake is lost and none counts twice.
 */
import { EAGAIN, EFAULT, EINVAL, ENOSYS, ETIMEDOUT } from "../../abi/errno.js";
import * as abi from "../../abi/futex.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import type { MemoryService } from "../memory/protocol.js";
import type { FutexService } from "./protocol.js";

/** One wait under way. */
interface Wait {
  callId: number;
  key: number;
  bits: number;
  channel: number;
  /** A wake found the call between a spurious wake-up and its re-run. */
  woken: boolean;
}

export interface FutexState {
  /** By task: a task waits for one futex at a time. */
  waits: Map<TaskId, Wait>;
  /** Tasks waiting on a key, first come first served; none: no entry. */
  queues: Map<number, TaskId[]>;
}

/** The call's slot with 1 once it is queued. */
const SLOT_QUEUED = 0;

/** futex(2) without priority inheritance. */
export class Futexes implements FutexService {
  readonly state: FutexState = { waits: new Map(), queues: new Map() };
  /** A word on its way from or to the caller. */
  private readonly word = new DataView(new ArrayBuffer(4));
  private readonly bytes = new Uint8Array(this.word.buffer);

  constructor(
    private readonly kernel: KernelCalls,
    private readonly services: { readonly memory: MemoryService },
  ) {}

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
    if (this.kernel.slot(caller, SLOT_QUEUED) !== 0) return this.resume(caller);
    if (bits === 0) return -EINVAL;
    if (caller === 0) return -EAGAIN;
    const key = this.services.memory.futexKey(caller, address, shared);
    if (key < 0) return key;
    if (this.load(caller, address) < 0) return -EFAULT;
    if (this.word.getInt32(0, true) !== (expected | 0)) return -EAGAIN;
    if (this.kernel.forced(caller)) return BLOCKED;
    if (deadlineNanoseconds >= 0) {
      if (this.kernel.monotonicNanoseconds() >= deadlineNanoseconds) return -ETIMEDOUT;
      this.kernel.setDeadline(caller, deadlineNanoseconds);
    }
    const channel = this.kernel.newChannel();
    const callId = this.kernel.callId(caller);
    this.state.waits.set(caller, { callId, key, bits: bits | 0, channel, woken: false });
    this.enqueue(key, caller);
    this.kernel.setSlot(caller, SLOT_QUEUED, 1);
    this.kernel.participate(caller);
    return this.kernel.block(caller, channel);
  }

  /** A re-run: by a deadline, or for no reason. The word is not compared again: the wait goes on.
   */
  private resume(caller: TaskId): Result {
    const wait = this.state.waits.get(caller);
    if (wait === undefined) throw new Error(`futex wait of task ${caller} is not queued`);
    if (wait.woken) return 0;
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
    const queue = this.state.queues.get(key);
    if (queue === undefined) return 0;
    let woken = 0;
    for (const task of queue.slice()) {
      const wait = this.state.waits.get(task) as Wait;
      if ((wait.bits & bits) === 0) continue;
      this.end(task, wait);
      if (++woken >= count) break;
    }
    return woken;
  }

  /** Takes a wait out of its queue and ends its call with 0. */
  private end(task: TaskId, wait: Wait): void {
    this.dequeue(wait.key, task);
    wait.woken = true;
    this.kernel.complete(wait.channel, 1, 0);
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
    for (const task of this.state.queues.get(from)?.slice() ?? []) {
      if (done >= wakeCount + requeueCount) break;
      const wait = this.state.waits.get(task) as Wait;
      if (done < wakeCount) this.end(task, wait);
      else this.move(task, wait, to);
      done++;
    }
    return done;
  }

  private move(task: TaskId, wait: Wait, to: number): void {
    this.dequeue(wait.key, task);
    wait.key = to;
    this.enqueue(to, task);
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

  /** The caller's wait has ended, with whatever result. */
  commit(caller: TaskId, callId: number): Result {
    const wait = this.state.waits.get(caller);
    if (wait?.callId !== callId) return 0;
    if (!wait.woken) this.dequeue(wait.key, caller);
    this.state.waits.delete(caller);
    return 0;
  }

  /** As commit; a wake that this call had got but did not live to answer goes to the next in line.
   */
  abort(caller: TaskId, callId: number): Result {
    const wait = this.state.waits.get(caller);
    this.commit(caller, callId);
    if (wait?.callId === callId && wait.woken) this.wakeKey(wait.key, 1, wait.bits);
    return 0;
  }

  private load(caller: TaskId, address: number): Result {
    return this.kernel.copyIn(caller, address, this.bytes, 0, 4);
  }

  private enqueue(key: number, task: TaskId): void {
    const queue = this.state.queues.get(key);
    if (queue === undefined) this.state.queues.set(key, [task]);
    else queue.push(task);
  }

  private dequeue(key: number, task: TaskId): void {
    const queue = this.state.queues.get(key);
    if (queue === undefined) return;
    const index = queue.indexOf(task);
    if (index >= 0) queue.splice(index, 1);
    if (queue.length === 0) this.state.queues.delete(key);
  }
}

/** A signed field of 12 bits. */
const signed12 = (bits: number): number => (bits << 20) >> 20;

/** The operand of FUTEX_WAKE_OP (futex(2)): a number, or 1 shifted by it. */
function operandOf(encoded: number): number {
  const operand = signed12(encoded >>> 12);
  return ((encoded >>> 28) & abi.FUTEX_OP_OPARG_SHIFT) !== 0 ? 1 << (operand & 31) : operand;
}

function change(old: number, operation: number, operand: number): number | undefined {
  switch (operation) {
    case abi.FUTEX_OP_SET:
      return operand;
    case abi.FUTEX_OP_ADD:
      return (old + operand) | 0;
    case abi.FUTEX_OP_OR:
      return old | operand;
    case abi.FUTEX_OP_ANDN:
      return old & ~operand;
    case abi.FUTEX_OP_XOR:
      return old ^ operand;
    default:
      return undefined;
  }
}

function compareOld(old: number, encoded: number): boolean | undefined {
  const operand = signed12(encoded);
  switch ((encoded >>> 24) & 15) {
    case abi.FUTEX_OP_CMP_EQ:
      return old === operand;
    case abi.FUTEX_OP_CMP_NE:
      return old !== operand;
    case abi.FUTEX_OP_CMP_LT:
      return old < operand;
    case abi.FUTEX_OP_CMP_LE:
      return old <= operand;
    case abi.FUTEX_OP_CMP_GT:
      return old > operand;
    case abi.FUTEX_OP_CMP_GE:
      return old >= operand;
    default:
      return undefined;
  }
}
