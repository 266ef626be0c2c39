/**
 * The life of a call: begin, run, BLOCKED and park, wake-up and re-run, end. A waiting task is
 * data: its record says what to run again (docs/design.md 4.1).
 *
 * A task has two records: its system call, and above it an upcall (a page fault that waits, the
 * delivery of a signal).
 */
import { EACCES, EFAULT, EINTR, EIO, ENOMEM } from "../abi/errno.js";
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV } from "../abi/signal.js";
import {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  CAUSE_INSTRUCTION_PAGE_FAULT,
  CAUSE_STORE_PAGE_FAULT,
  CONTINUE,
  LEAVE,
  WORD_X,
} from "../machine/platform.js";
import {
  beginCall,
  CALL_FAULT,
  CALL_KERNEL,
  CALL_NONE,
  CALL_SIGNAL,
  CALL_SYSTEM,
  type CallRecord,
  clearCall,
  empty,
} from "./call-record.js";
import { ATTRIBUTE } from "./calls.js";
import { countInjection } from "./injection.js";
import type { Kernel } from "./kernel.js";
import { BLOCKED, type Result } from "./protocol.js";
import { isDeliverable, lowBit } from "./signals.js";
import { jobOf, type Process, TASK_ENDED, TASK_PARKED, TASK_RUNNABLE, type Task } from "./tasks.js";
import { DEADLINE_CALL } from "./time.js";
import { NEVER } from "./upcalls.js";

/** What a channel that a call waits on costs; so much is free to each call. */
const CHANNEL_BYTES = 96;
const WAITING_FREE_BYTES = 4096;
/** Instructions charged for a system call. */
const CHARGE_CALL = 40;

const A0 = WORD_X + 2 * 10;
const A7 = WORD_X + 2 * 17;

export class CallsUnderWay {
  /** The record whose participants are being told of its end: it is what they mean by the task. */
  private ending: CallRecord | undefined;

  constructor(private readonly kernel: Kernel) {}

  /** Platform handler: an ecall of the running task. */
  environmentCall(executedInstructions: number): number {
    const kernel = this.kernel;
    const task = kernel.current as Task;
    kernel.runningInstructions = executedInstructions;
    kernel.charge(task, CHARGE_CALL);
    kernel.jobs.current.systemCalls++;
    const base = kernel.platform.registersBase(task.context);
    const number = kernel.platform.words[base + A7] as number;
    beginCall(task.call, CALL_SYSTEM, kernel.tasks.state.nextCallId++, number);
    this.runCall(task);
    if (task.attention || kernel.reschedule || task.state !== TASK_RUNNABLE) return LEAVE;
    return kernel.isSliceSpent ? LEAVE : CONTINUE;
  }

  /** The record that services mean by this task: its upcall's if one is under way. */
  record(taskId: number): CallRecord {
    if (taskId === 0) return this.kernel.ownRecord;
    if (this.ending !== undefined && this.ending.task === taskId) return this.ending;
    const task = this.kernel.tasks.get(taskId);
    return task.upcall.kind === CALL_NONE ? task.call : task.upcall;
  }

  /** Ends what the kernel did as task 0: its scratch is dropped. */
  endOwn(): void {
    this.release(undefined, this.kernel.ownRecord, 0);
    beginCall(this.kernel.ownRecord, CALL_KERNEL, this.kernel.tasks.state.nextCallId++, 0);
  }

  /**
   * Does whatever the task has to do in the kernel before user mode: an unfinished upcall, signals,
   * an unfinished call.
   * @returns true: it may enter user mode; false: it waits, is stopped or has ended
   */
  advance(task: Task): boolean {
    for (;;) {
      if (task.state !== TASK_RUNNABLE) return false;
      const process = this.kernel.tasks.process(task.process);
      if (process.stopped) {
        this.kernel.queues.remove(task);
        return false;
      }
      if (task.upcall.kind !== CALL_NONE) this.runUpcall(task);
      else if (task.call.completed || task.call.woken) this.runCall(task);
      else if (this.hasSignal(task, process)) this.begin(task.upcall, CALL_SIGNAL, -1);
      else if (task.call.kind !== CALL_NONE) this.runCall(task);
      else {
        task.attention = false;
        return true;
      }
    }
  }

  /** A signal to be taken now; a killable wait is left for SIGKILL alone. */
  private hasSignal(task: Task, process: Process): boolean {
    if (!isDeliverable(task, process)) return false;
    const isHeld = task.call.kind !== CALL_NONE && task.call.killable;
    return !isHeld || ((task.pending.low | process.pending.low) & lowBit(SIGKILL)) !== 0;
  }

  begin(record: CallRecord, kind: number, number: number): void {
    beginCall(record, kind, this.kernel.tasks.state.nextCallId++, number);
  }

  /** A page fault of the running task: handled before it goes on, waiting if it must. */
  beginFault(task: Task, page: number, cause: number, low: number, high: number): void {
    const record = task.upcall;
    this.begin(record, CALL_FAULT, page);
    record.cause = cause;
    record.valueLow = low;
    record.valueHigh = high;
    record.access =
      cause === CAUSE_INSTRUCTION_PAGE_FAULT
        ? ACCESS_EXECUTE
        : cause === CAUSE_STORE_PAGE_FAULT
          ? ACCESS_WRITE
          : ACCESS_READ;
    task.attention = true;
  }

  /** Runs the system call (again) and ends or parks it. */
  private runCall(task: Task): void {
    const record = task.call;
    record.woken = false;
    const result = record.completed ? record.completion : this.attempt(task, record);
    if (task.state === TASK_ENDED) return;
    if (result === BLOCKED) this.park(task, record);
    else this.finish(task, result);
  }

  /** Ends the task's system call with a result. */
  finish(task: Task, result: Result): void {
    const record = task.call;
    if (!record.keepsRegisters) {
      const base = this.kernel.platform.registersBase(task.context);
      const words = this.kernel.platform.words;
      words[base + A0] = result | 0;
      const isSmall = (result | 0) === result;
      words[base + A0 + 1] = isSmall ? result >> 31 : Math.floor(result / 2 ** 32) | 0;
      if (result > 0x7fff_ffff) words[base + A0] = (result % 2 ** 32) | 0;
    }
    this.kernel.upcalls.calls.finished(task, result);
    record.kind = CALL_NONE;
    if (record.dirty) this.release(task, record, result);
    if (task.attention) return;
    if (isDeliverable(task, this.kernel.tasks.process(task.process))) task.attention = true;
  }

  private runUpcall(task: Task): void {
    const record = task.upcall;
    const kernel = this.kernel;
    const isFault = record.kind === CALL_FAULT;
    const result = this.attempt(task, record);
    if (task.state === TASK_ENDED) return;
    if (result === BLOCKED) {
      this.park(task, record);
      return;
    }
    record.kind = CALL_NONE;
    if (record.dirty) this.release(task, record, result);
    if (isFault) this.endFault(task, result);
    else if (result === -EIO) kernel.abandon(task);
    else this.endDelivery(task);
  }

  /** A fault that could not be served is a signal (Linux: do_page_fault). */
  private endFault(task: Task, result: Result): void {
    if (result >= 0) {
      task.attributes[ATTRIBUTE.minorFaults]!++;
      return;
    }
    const record = task.upcall;
    const address = (record.valueHigh >>> 0) * 2 ** 32 + (record.valueLow >>> 0);
    if (result === -EFAULT) this.kernel.fault(task, SIGSEGV, SEGV_MAPERR, address);
    else if (result === -EACCES) this.kernel.fault(task, SIGSEGV, SEGV_ACCERR, address);
    else if (result === -EIO) this.kernel.fault(task, SIGBUS, BUS_ADRERR, address);
    else if (result === -ENOMEM) {
      this.kernel.killExhausted(task.process);
    } else throw new Error(`memory.fault answered ${result}`);
  }

  /** Behind a delivery without a handler: a call that no signal leaves alone ends with EINTR. */
  private endDelivery(task: Task): void {
    const call = task.call;
    if (call.kind !== CALL_SYSTEM || call.completed) return;
    if (this.kernel.upcalls.calls.restartClass(call.number) !== NEVER) return;
    this.finish(task, call.progress > 0 ? call.progress : -EINTR);
  }

  /** What a record is of, run once. */
  private once(task: Task, record: CallRecord): Result {
    const { upcalls } = this.kernel;
    if (record === task.call) return upcalls.calls.run(task);
    if (record.kind !== CALL_FAULT) return upcalls.process.deliver(task.id);
    if (record.number < 0) return -EFAULT;
    return upcalls.memory.fault(task.id, record.number, record.access);
  }

  /** Runs a record, measured if there is a profile. */
  private attempt(task: Task, record: CallRecord): Result {
    const { profile } = this.kernel.options;
    if (profile === undefined) return this.attemptUnmeasured(task, record);
    const before = profile.enter(task, record.kind, record.number);
    const result = this.attemptUnmeasured(task, record);
    profile.leave(before);
    return result;
  }

  /** Runs a record; with injection, BLOCKED is forced where it may come, and a park woken once. */
  private attemptUnmeasured(task: Task, record: CallRecord): Result {
    const injection = this.kernel.injection;
    for (let isSpurious = false; ; ) {
      record.runs++;
      record.askedPlaces = 0;
      const forcedBefore = record.forcedPlaces;
      const result = this.once(task, record);
      if (result !== BLOCKED) return result;
      if (!injection.enabled) return result;
      const row = record.kind === CALL_SYSTEM ? record.number : -1;
      if (record.forcedPlaces > forcedBefore) countInjection(injection, row, "forced");
      else if (isSpurious) {
        countInjection(injection, row, "blocked");
        return result;
      } else {
        isSpurious = true;
        countInjection(injection, row, "spurious");
      }
      this.leaveChannels(record);
    }
  }

  /** The task waits, unless a signal came first. */
  private park(task: Task, record: CallRecord): void {
    if (record.kind === CALL_SYSTEM) {
      if (this.hasSignal(task, this.kernel.tasks.process(task.process))) {
        this.leaveChannels(record);
        task.attention = true;
        return;
      }
    }
    task.state = TASK_PARKED;
    this.kernel.queues.remove(task);
    this.holdWaiting(task, record);
    if (record.deadline < record.armedNanoseconds) {
      record.armedNanoseconds = record.deadline;
      this.kernel.time.add(DEADLINE_CALL, record.deadline, task.id, record.id, 0);
    }
  }

  /**
   * A call that waits is charged for what it keeps meanwhile: what runs is only one at a time. If
   * there is no memory for it, its process ends.
   */
  private holdWaiting(task: Task, record: CallRecord): void {
    let bytes = record.channels.length * CHANNEL_BYTES;
    for (const { length } of record.scratch) bytes += length;
    if (bytes <= WAITING_FREE_BYTES) return;
    const { jobs } = this.kernel;
    record.heldBytes = bytes;
    const full = jobs.mayHold(jobOf(task), bytes, 0);
    jobs.hold(jobOf(task), bytes);
    if (full < 0) this.kernel.killExhausted(task.process);
  }

  private dropWaiting(record: CallRecord): void {
    if (record.heldBytes === 0) return;
    this.kernel.jobs.hold(
      this.kernel.tasks.attribute(record.task, ATTRIBUTE.job),
      -record.heldBytes,
    );
    record.heldBytes = 0;
  }

  /** Makes a parked task runnable; its call runs again. */
  unpark(task: Task): void {
    if (task.state !== TASK_PARKED) return;
    this.leaveChannels(task.upcall.kind === CALL_NONE ? task.call : task.upcall);
    // What it waits for may be there beside the signal that wakes it: a child that has ended, and
    // its SIGCHLD. As on Linux, that counts before the signal.
    task.call.woken = task.call.kind === CALL_SYSTEM;
    task.state = TASK_RUNNABLE;
    this.kernel.enqueue(task);
  }

  /** Registers the call on a channel, or the watch that the call registers for. */
  block(taskId: number, channel: number): Result {
    if (taskId === 0) return BLOCKED;
    const record = this.record(taskId);
    if (record.watchSet !== 0) {
      const { watchSet, watchToken, isWatchExclusive } = record;
      this.kernel.watches.add(watchSet, watchToken, channel, isWatchExclusive);
      return BLOCKED;
    }
    // A touch of a page is tried before it becomes a fault: the fault will wait, not the touch.
    if (record.kind === CALL_NONE) return BLOCKED;
    if (this.kernel.channels.add(channel, taskId)) {
      record.channels.push(channel);
      record.dirty = true;
    }
    return BLOCKED;
  }

  /**
   * Up to `count` waiters run again, and whoever watches the channel learns of it.
   * @returns how many waiters
   */
  wake(channel: number, count: number): number {
    const { watches, channels } = this.kernel;
    if (watches.isWatched(channel)) {
      for (const set of watches.notify(channel, (one) => channels.count(one) > 0)) {
        this.wake(set, Number.MAX_SAFE_INTEGER);
      }
    }
    let woken = 0;
    while (woken < count) {
      const id = this.kernel.channels.first(channel);
      if (id === 0) break;
      this.wakeTask(id, channel);
      woken++;
    }
    return woken;
  }

  private wakeTask(id: number, channel: number): void {
    const task = this.kernel.tasks.get(id);
    if (task.state === TASK_PARKED) this.unpark(task);
    else this.kernel.channels.remove(channel, id);
  }

  /** Up to `count` waiting calls end with `result`. */
  complete(channel: number, count: number, result: Result): number {
    let woken = 0;
    while (woken < count) {
      const id = this.kernel.channels.first(channel);
      if (id === 0) break;
      const record = this.record(id);
      record.completed = true;
      record.completion = result;
      record.dirty = true;
      this.wakeTask(id, channel);
      woken++;
    }
    return woken;
  }

  requeue(from: number, to: number, count: number): number {
    let moved = 0;
    while (moved < count) {
      const id = this.kernel.channels.first(from);
      if (id === 0) break;
      this.kernel.channels.remove(from, id);
      const record = this.record(id);
      const index = record.channels.indexOf(from);
      if (index >= 0) record.channels.splice(index, 1);
      this.block(id, to);
      moved++;
    }
    return moved;
  }

  /** The record of the task's call under way with this id. */
  private callWith(task: Task | undefined, callId: number): CallRecord | undefined {
    if (task === undefined) return undefined;
    const found = [task.call, task.upcall].find(({ id }) => id === callId);
    return found?.kind === CALL_NONE ? undefined : found;
  }

  deadlinePassed(taskId: number, callId: number): void {
    const task = this.kernel.tasks.find(taskId);
    const record = this.callWith(task, callId);
    if (task === undefined || record === undefined) return;
    // A call may put its deadline off (TIME of a terminal): the next park arms it again.
    record.armedNanoseconds = Number.POSITIVE_INFINITY;
    if (record === this.record(taskId)) this.unpark(task);
  }

  /** Whether a call's deadline in the heap still means something: also while the call runs. */
  waitsForDeadline(taskId: number, callId: number): boolean {
    return this.callWith(this.kernel.tasks.find(taskId), callId) !== undefined;
  }

  /** The task's calls are over without a result (exit, exec from another thread). */
  cancel(task: Task): void {
    for (const record of [task.upcall, task.call]) {
      if (record.kind === CALL_NONE) continue;
      record.kind = CALL_NONE;
      if (record.dirty) this.release(task, record, -EINTR);
    }
  }

  /** The end of a call, however it ended: what it holds is released (docs/design.md 4.1). */
  release(task: Task | undefined, record: CallRecord, result: Result): void {
    this.leaveChannels(record);
    if (record.armedNanoseconds !== Number.POSITIVE_INFINITY) this.kernel.time.state.stale++;
    if (task !== undefined && record.hasSavedMask) {
      task.maskLow = record.savedMaskLow;
      task.maskHigh = record.savedMaskHigh;
    }
    if (record.participants.length > 0) this.tellParticipants(task, record, result);
    clearCall(record);
  }

  /** Commit or abort, to each service that took part. */
  private tellParticipants(task: Task | undefined, record: CallRecord, result: Result): void {
    const participants = record.participants.slice();
    const outer = this.ending;
    this.ending = record;
    for (const number of participants) {
      const service = this.kernel.services[number]?.service;
      // A call that made its change and then waited is not undone, whatever ended the wait.
      const isDone = result >= 0 || record.started !== 0;
      const end = isDone ? service?.commit : service?.abort;
      end?.call(service, task === undefined ? 0 : task.id, record.id);
    }
    this.ending = outer;
  }

  private leaveChannels(record: CallRecord): void {
    this.dropWaiting(record);
    if (record.channels.length === 0) return;
    for (const channel of record.channels) this.kernel.channels.remove(channel, record.task);
    empty(record.channels);
  }
}
