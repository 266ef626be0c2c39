/**
 * Signals in motion: posting (with what a generated signal does at once), taking, and the way into
 * a handler and back. Signals of Linux/riscv64: arch/riscv/kernel/signal.c, kernel/signal.c.
 */
import { EAGAIN, EFAULT, EINTR, ESRCH } from "../abi/errno.js";
import { LIMIT_NONE, RLIMIT_CPU, RLIMIT_SIGPENDING } from "../abi/process.js";
import {
  SA_NODEFER,
  SA_RESTART,
  SI_KERNEL,
  SI_TIMER,
  SI_USER,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGXCPU,
} from "../abi/signal.js";
import { WORD_PC, WORD_X } from "../machine/platform.js";
import { CALL_NONE, CALL_SYSTEM } from "./call-record.js";
import {
  ATTRIBUTE,
  EVENT_PROCESS,
  PROCESS_SIGNAL,
  SIGNAL_TO_GROUP,
  SIGNAL_TO_TASK,
} from "./calls.js";
import type { Kernel } from "./kernel.js";
import type { Result } from "./protocol.js";
import { FRAME_MASK, readFrame, SIGNAL_FRAME_BYTES, writeFrame } from "./signal-frame.js";
import {
  addPending,
  cancelOpposites,
  highBit,
  isDeliverable,
  isPending,
  isStopSignal,
  lowBit,
  nextSignal,
  removePending,
  UNBLOCKABLE_LOW,
} from "./signals.js";
import {
  jobOf,
  NO_SIGNAL,
  type PendingSet,
  type PendingSignal,
  type Process,
  TASK_ENDED,
  TASK_PARKED,
  type Task,
} from "./tasks.js";
import { NANOSECONDS_PER_INSTRUCTION } from "./time.js";
import { RESTART } from "./upcalls.js";
import { processChannel } from "./wait-channels.js";

/** What enterHandler is told: where the handler is and how it wants to be called. */
export interface HandlerEntry {
  readonly stackTop: number;
  readonly handlerLow: number;
  readonly handlerHigh: number;
  readonly flags: number;
  readonly maskLow: number;
  readonly maskHigh: number;
  /** Address of __vdso_rt_sigreturn. */
  readonly trampoline: number;
  readonly stackPointer: number;
  readonly stackFlags: number;
  readonly stackBytes: number;
}

const ECALL_BYTES = 4;
/** What an instance of a signal costs the host; each queue has so many free. */
const SIGNAL_BYTES = 256;
const SIGNALS_FREE = 32;

export class SignalDelivery {
  /** Where a frame passes through: 0 in between. */
  private readonly frame = new Int32Array(SIGNAL_FRAME_BYTES / 4);
  private readonly frameBytes = new Uint8Array(this.frame.buffer);

  constructor(private readonly kernel: Kernel) {}

  /** @returns 0, -ESRCH, or -EAGAIN: too many queued */
  post(target: number, id: number, signal: PendingSignal): Result {
    const tasks = this.kernel.tasks;
    if (target === SIGNAL_TO_GROUP) {
      const members = [...tasks.state.processes.values()].filter(
        (process) => process.attributes[ATTRIBUTE.group] === id,
      );
      for (const process of members) this.generate(process, process.pending, undefined, signal);
      return members.length === 0 ? -ESRCH : 0;
    }
    if (target === SIGNAL_TO_TASK) {
      const task = tasks.find(id);
      if (task === undefined) return -ESRCH;
      return this.generate(tasks.process(task.process), task.pending, task, signal);
    }
    const process = tasks.state.processes.get(id);
    if (process === undefined) return -ESRCH;
    return this.generate(process, process.pending, undefined, signal);
  }

  private generate(
    process: Process,
    set: PendingSet,
    only: Task | undefined,
    signal: PendingSignal,
  ): Result {
    const number = signal.signal;
    if (number === SIGCONT || isStopSignal(number)) {
      const tasks = process.tasks.map((id) => this.kernel.tasks.get(id));
      cancelOpposites(process, tasks, number);
    }
    if (number === SIGCONT || number === SIGKILL) this.continueIfStopped(process, number);
    const taker = this.taskOf(process, only, number, false);
    if (taker !== undefined && this.isIgnored(process, number)) return 0;
    if (this.isOverLimit(process, only, signal) || !this.hasQueueRoom(process, set)) {
      // Only what kill(2) and the kernel send goes without its information.
      if (number >= SIGRTMIN && signal.code !== SI_USER) return -EAGAIN;
      if (isPending(set, number)) return 0;
      addPending(set, { ...NO_SIGNAL, signal: number });
    } else if (addPending(set, signal) < 0) return -EAGAIN;
    this.kernel.calls.wake(processChannel(process.id, PROCESS_SIGNAL), Number.MAX_SAFE_INTEGER);
    const waiter = this.taskOf(process, only, number, true);
    if (waiter !== undefined) this.kernel.calls.unpark(waiter);
    else if (taker !== undefined) this.notify(taker);
    return 0;
  }

  /**
   * Which task a signal is for: one that awaits it, or else one that can take it now: a task that
   * is at it already costs no wake-up, else the first.
   */
  private taskOf(
    process: Process,
    only: Task | undefined,
    signal: number,
    awaits: boolean,
  ): Task | undefined {
    let found: Task | undefined;
    for (const id of process.tasks) {
      if (only !== undefined && id !== only.id) continue;
      const task = this.kernel.tasks.get(id);
      if (task.state === TASK_ENDED) continue;
      const is = awaits ? this.isAwaited(task, signal) : !this.isMasked(task, signal);
      if (!is) continue;
      if (awaits || task === this.kernel.current) return task;
      found ??= task;
    }
    return found;
  }

  /** A long queue is charged to the job of its process, until it is empty. */
  private hasQueueRoom(process: Process, set: PendingSet): boolean {
    if ((set.queue.length + 1 - SIGNALS_FREE) * SIGNAL_BYTES <= set.heldBytes) return true;
    const { jobs, tasks } = this.kernel;
    const job = tasks.attribute(process.tasks[0] ?? 0, ATTRIBUTE.job);
    const bytes = SIGNALS_FREE * SIGNAL_BYTES;
    if (jobs.mayHold(job, bytes, 0) < 0) return false;
    jobs.hold(job, bytes);
    set.heldBytes += bytes;
    return true;
  }

  private takeFrom(task: Task, process: Process, set: PendingSet, signal: number): void {
    task.current = removePending(set, signal);
    const { code, word0, word1 } = task.current;
    if (code === SI_TIMER) process.overruns.set(word0, word1);
    if (set.queue.length > 0 || set.heldBytes === 0) return;
    this.kernel.jobs.hold(jobOf(task), -set.heldBytes);
    set.heldBytes = 0;
  }

  /**
   * RLIMIT_SIGPENDING: of all that is queued for the user of the target. Standard signals of the
   * kernel and of kill(2) do not count, nor those of timers (Linux sigqueue_alloc).
   */
  private isOverLimit(process: Process, only: Task | undefined, signal: PendingSignal): boolean {
    if (signal.code === SI_TIMER || (signal.signal < SIGRTMIN && signal.code >= 0)) return false;
    const { tasks } = this.kernel;
    const limit = process.attributes[ATTRIBUTE.limits + RLIMIT_SIGPENDING] as number;
    const user = tasks.attribute(only?.id ?? process.id, ATTRIBUTE.userId);
    this.kernel.charge(this.kernel.current, tasks.state.tasks.size);
    let queued = 0;
    for (const task of tasks.state.tasks.values()) {
      if (task.attributes[ATTRIBUTE.userId] !== user) continue;
      queued += task.pending.queue.length;
      if (task.id === task.process) queued += tasks.process(task.process).pending.queue.length;
    }
    return queued >= limit;
  }

  /**
   * RLIMIT_CPU: SIGXCPU at the soft limit, which then is a second later, SIGKILL at the hard one
   * (Linux check_process_timers). Looked at when a quantum is used up.
   */
  checkProcessorLimit(task: Task): void {
    const process = this.kernel.tasks.process(task.process);
    const { attributes } = process;
    const soft = attributes[ATTRIBUTE.limits + RLIMIT_CPU] as number;
    // 0: nobody has set it.
    if (soft === 0 || soft >= LIMIT_NONE) return;
    let used =
      (attributes[ATTRIBUTE.endedUserInstructions] as number) +
      (attributes[ATTRIBUTE.endedKernelInstructions] as number);
    for (const id of process.tasks) {
      const own = this.kernel.tasks.get(id).attributes;
      used += own[ATTRIBUTE.userInstructions] as number;
      used += own[ATTRIBUTE.kernelInstructions] as number;
    }
    const seconds = (used * NANOSECONDS_PER_INSTRUCTION) / 1e9;
    const isHard = seconds >= (attributes[ATTRIBUTE.hardLimits + RLIMIT_CPU] as number);
    if (!isHard && seconds < soft) return;
    if (!isHard) attributes[ATTRIBUTE.limits + RLIMIT_CPU] = soft + 1;
    const signal = isHard ? SIGKILL : SIGXCPU;
    const sent = { ...NO_SIGNAL, signal, code: SI_KERNEL };
    this.generate(process, process.pending, undefined, sent);
  }

  private continueIfStopped(process: Process, signal: number): void {
    if (!process.stopped) return;
    this.continueProcess(process);
    if (signal !== SIGCONT) return;
    this.kernel.post(this.kernel.upcalls.processService, EVENT_PROCESS, process.id, SIGCONT, 0);
  }

  /** The task looks at its signals before it goes on in user mode; a wait is interrupted. */
  notify(task: Task): void {
    task.attention = true;
    if (task.state !== TASK_PARKED) return;
    const isHeld = task.call.killable && (task.pending.low & lowBit(SIGKILL)) === 0;
    const process = this.kernel.tasks.process(task.process);
    if (isHeld && (process.pending.low & lowBit(SIGKILL)) === 0) return;
    this.kernel.calls.unpark(task);
  }

  private isAwaited(task: Task, signal: number): boolean {
    const { awaitedLow, awaitedHigh } = task.call;
    return ((awaitedLow & lowBit(signal)) | (awaitedHigh & highBit(signal))) !== 0;
  }

  private isMasked(task: Task, signal: number): boolean {
    return ((task.maskLow & lowBit(signal)) | (task.maskHigh & highBit(signal))) !== 0;
  }

  private isIgnored(process: Process, signal: number): boolean {
    return ((process.ignoredLow & lowBit(signal)) | (process.ignoredHigh & highBit(signal))) !== 0;
  }

  stopProcess(process: Process): void {
    process.stopped = true;
    for (const id of process.tasks) this.kernel.tasks.get(id).attention = true;
  }

  continueProcess(process: Process): void {
    process.stopped = false;
    for (const id of process.tasks) this.kernel.enqueue(this.kernel.tasks.get(id));
  }

  /** Takes the next deliverable signal: the task's own before the process's. @returns it, or 0 */
  take(task: Task): number {
    const process = this.kernel.tasks.process(task.process);
    const { awaitedLow, awaitedHigh } = task.call;
    const low = task.maskLow | awaitedLow;
    const high = task.maskHigh | awaitedHigh;
    const own = nextSignal(task.pending, low, high);
    const signal = own > 0 ? own : nextSignal(process.pending, low, high);
    if (signal > 0) this.takeFrom(task, process, own > 0 ? task.pending : process.pending, signal);
    return signal;
  }

  /** Takes a signal of this set even if it is masked (sigtimedwait). @returns it, or 0 */
  takeOf(task: Task, low: number, high: number): number {
    const process = this.kernel.tasks.process(task.process);
    for (const set of [task.pending, process.pending]) {
      const signal = nextSignal(set, ~low, ~high);
      if (signal === 0) continue;
      this.takeFrom(task, process, set, signal);
      return signal;
    }
    return 0;
  }

  setMask(task: Task, low: number, high: number): void {
    task.maskLow = low & ~UNBLOCKABLE_LOW;
    task.maskHigh = high;
    if (isDeliverable(task, this.kernel.tasks.process(task.process))) task.attention = true;
  }

  /** Ends an interrupted call as its restart class says, then saves the registers and enters the
   * handler. @returns 0, or -EFAULT: the stack cannot take the frame */
  enterHandler(task: Task, entry: HandlerEntry): Result {
    const kernel = this.kernel;
    const address = Math.floor((entry.stackTop - SIGNAL_FRAME_BYTES) / 16) * 16;
    const memory = { space: task.space, record: task.upcall };
    if (address < 0) return -EFAULT;
    const { maskLow, maskHigh } = this.endInterrupted(task, entry.flags);
    const { frame, frameBytes } = this;
    const base = kernel.platform.registersBase(task.context);
    writeFrame(frame, kernel.platform, base, task.current, {
      maskLow,
      maskHigh,
      stackPointer: entry.stackPointer,
      stackFlags: entry.stackFlags,
      stackBytes: entry.stackBytes,
    });
    const written = kernel.memory.write(memory, address, frameBytes, 0, SIGNAL_FRAME_BYTES);
    frame.fill(0);
    if (written < 0) return -EFAULT;
    const words = kernel.platform.words;
    const setRegister = (index: number, value: number): void => {
      words[base + WORD_X + 2 * index] = value | 0;
      words[base + WORD_X + 2 * index + 1] = Math.floor(value / 2 ** 32) | 0;
    };
    setRegister(1, entry.trampoline);
    setRegister(2, address);
    setRegister(10, task.current.signal);
    setRegister(11, address);
    setRegister(12, address + 128);
    words[base + WORD_PC] = entry.handlerLow;
    words[base + WORD_PC + 1] = entry.handlerHigh;
    const own = (entry.flags & SA_NODEFER) !== 0 ? 0 : task.current.signal;
    this.setMask(
      task,
      task.maskLow | entry.maskLow | (own > 0 ? lowBit(own) : 0),
      task.maskHigh | entry.maskHigh | (own > 0 ? highBit(own) : 0),
    );
    return 0;
  }

  /** @returns the mask that the handler's return restores */
  private endInterrupted(task: Task, flags: number): { maskLow: number; maskHigh: number } {
    const call = task.call;
    const mask = { maskLow: task.maskLow, maskHigh: task.maskHigh };
    if (call.kind === CALL_NONE) return mask;
    if (call.hasSavedMask) {
      mask.maskLow = call.savedMaskLow;
      mask.maskHigh = call.savedMaskHigh;
      call.hasSavedMask = false;
    }
    const kernel = this.kernel;
    // A call with a time limit is not begun anew: its relative limit would start again (Linux's
    // ERESTART_RESTARTBLOCK, and EINTR of sockets with a timeout).
    const isRestart =
      call.kind === CALL_SYSTEM &&
      call.progress === 0 &&
      (call.restarts ||
        (call.deadline === Number.POSITIVE_INFINITY &&
          (flags & SA_RESTART) !== 0 &&
          kernel.upcalls.calls.restartClass(call.number) === RESTART));
    if (isRestart) {
      // a0..a7 are untouched until a call ends: going back over the ecall restarts it.
      const pc = kernel.platform.registersBase(task.context) + WORD_PC;
      const words = kernel.platform.words;
      const low = ((words[pc] as number) >>> 0) - ECALL_BYTES;
      words[pc] = low | 0;
      if (low < 0) words[pc + 1] = (words[pc + 1] as number) - 1;
      call.keepsRegisters = true;
    }
    kernel.calls.finish(task, call.progress > 0 ? call.progress : -EINTR);
    return mask;
  }

  /** rt_sigreturn. @returns 0 or -EFAULT */
  leaveHandler(task: Task): Result {
    const platform = this.kernel.platform;
    const base = platform.registersBase(task.context);
    const low = (platform.words[base + WORD_X + 4] as number) >>> 0;
    const address = (platform.words[base + WORD_X + 5] as number) * 2 ** 32 + low;
    const { frame, frameBytes } = this;
    const memory = { space: task.space, record: task.call };
    const read = this.kernel.memory.read(memory, address, frameBytes, 0, SIGNAL_FRAME_BYTES);
    if (read === 0) {
      readFrame(frame, platform, base);
      this.setMask(task, frame[FRAME_MASK] as number, frame[FRAME_MASK + 1] as number);
    }
    frame.fill(0);
    if (read < 0) return -EFAULT;
    task.call.keepsRegisters = true;
    return 0;
  }
}
