/**
 * Kernel calls: everything that a service may ask of the kernel, and the only way that it can. In
 * one domain the object is the kernel itself; in its own domain a service holds a handle that
 * refuses, with EPERM and a count, what its manifest does not list (manifest.ts, domain.ts).
 *
 * All arguments and results are numbers, except the byte arrays of the service's own memory.
 * A task id stands for a task and, where a call is under way, for that call's record.
 */
import type { Result } from "./protocol.js";

export { ATTRIBUTE, FIGURE, RECORD, SETTING, SETTINGS_FIRST } from "./attributes.js";
export { FRAME_WISH } from "./frames.js";
export { FRAME_USE } from "./jobs.js";

export type TaskId = number;
export type Channel = number;

/** Channels of a process (`processChannel`). */
export const PROCESS_SIGNAL = 0;
export const PROCESS_END = 1;

/** How a system ends, for `endSystem`; 0: it has not. */
export const POWER = Object.freeze({ on: 0, halt: 1, off: 2, restart: 3 } as const);

/** Where a signal goes: one thread, a process, or every process of a group. */
export const SIGNAL_TO_TASK = 0;
export const SIGNAL_TO_PROCESS = 1;
export const SIGNAL_TO_GROUP = 2;

/** Kinds of events that the kernel posts to services (operation `event` of their protocol). */
export const EVENT_INTERRUPT = 1;
export const EVENT_TIMER = 2;
/** A process stopped, continued or became a zombie by the kernel's signal mechanism. */
export const EVENT_PROCESS = 3;
/** From here on the kinds are the services' own. */
export const EVENT_SERVICE = 16;

export interface KernelCalls {
  // ---- waiting (wait-channels.ts, call-record.ts)
  /** @returns a fresh wait channel number (never reused) */
  newChannel(): Channel;
  /**
   * Registers the task's call on a channel; idempotent; may be called for several channels.
   * @returns BLOCKED
   */
  block(task: TaskId, channel: Channel): Result;
  /**
   * Makes up to `count` calls waiting on the channel run again, first come first. @returns how many
   */
  wake(channel: Channel, count: number): Result;
  /** Ends up to `count` waiting calls with `result`, without a re-run (futex). @returns how many */
  complete(channel: Channel, count: number, result: Result): Result;
  /**
   * Moves up to `count` waiters to the end of another channel (FUTEX_REQUEUE). @returns how many
   */
  requeue(from: Channel, to: Channel, count: number): Result;
  /** How many calls wait on the channel. */
  waiting(channel: Channel): Result;
  /**
   * From now on `block` of this task's call, whoever makes it, lets `set` (a channel of the
   * caller's) watch the channel under `token` (> 0) instead of waiting; set 0: no more. A wake-up
   * of the channel then puts the token at the end of the set's ready list and wakes `set`.
   * @param exclusive 1: of such watches only the first whose set is waited for learns of a wake-up
   */
  watch(task: TaskId, set: Channel, token: number, exclusive: number): void;
  /** Forgets a token of a set: what it watches, and that it is ready. */
  unwatch(set: Channel, token: number): void;
  /** Puts a token at the end of a set's ready list; wakes nobody. */
  putReady(set: Channel, token: number): void;
  /** Takes the first token of a set's ready list. @returns it, or 0: none */
  takeReady(set: Channel): Result;
  /** How many tokens of a set are ready. */
  readyCount(set: Channel): Result;
  /**
   * A channel of a process that needs no making: PROCESS_SIGNAL is woken by each signal that is
   * posted to it or one of its threads, PROCESS_END by the process service when it ends; that of
   * process 0, the system, whenever a record of the system is published.
   */
  processChannel(process: number, which: number): Channel;
  /**
   * True when injection wants this call to answer BLOCKED here although it need not (tests). To be
   * asked at every place that may block: `if (empty || kernel.forced(task)) return
   * kernel.block(…)`.
   */
  forced(task: TaskId): boolean;
  /**
   * The call's absolute deadline in monotonic nanoseconds: set once, kept over re-runs; the call is
   * run again when it passes. Infinity: none.
   */
  deadline(task: TaskId): number;
  setDeadline(task: TaskId, nanoseconds: number): void;
  /** The call's "started" mark: 0 until setStarted; such a call never redoes its change. */
  started(task: TaskId): number;
  setStarted(task: TaskId, mark: number): void;
  /** Only SIGKILL ends this call's wait (vfork). */
  setKillable(task: TaskId): void;
  /** Words that a service keeps with the call over re-runs (8 per call, all 0 at its begin). */
  slot(task: TaskId, index: number): number;
  setSlot(task: TaskId, index: number, value: number): void;
  /**
   * How much of a call that the system-call layer loops over is done (bytes, messages): kept over
   * re-runs, and what the call answers when a signal ends its wait.
   */
  progress(task: TaskId): number;
  setProgress(task: TaskId, done: number): void;
  /**
   * The signal mask to restore when the call ends (sigsuspend, ppoll): replaces the task's mask
   * now.
   */
  setTemporaryMask(task: TaskId, low: number, high: number): void;
  /**
   * A handler that interrupts this call's wait does not end it with EINTR: it begins anew behind
   * the handler, whatever SA_RESTART says (Linux's ERESTARTNOINTR).
   */
  setRestarting(task: TaskId): void;
  /** The call's id; a re-run has the same. */
  callId(task: TaskId): number;
  /** The service must be told (`commit` or `abort` of its protocol) when this call ends. */
  participate(task: TaskId): void;

  // ---- memory of the caller (user-memory.ts). Guest ranges were prepared by the call layer.
  /** Copies from the caller's memory, or its scratch. @returns 0 or -EFAULT */
  copyIn(
    task: TaskId,
    address: number,
    destination: Uint8Array,
    destinationOffset: number,
    lengthBytes: number,
  ): Result;
  copyOut(
    task: TaskId,
    address: number,
    source: Uint8Array,
    sourceOffset: number,
    lengthBytes: number,
  ): Result;
  /**
   * The same for words of 32 bits, least significant byte first: quicker for a structure, whose
   * fields are then numbers already. The address need not be a multiple of 4.
   */
  copyWordsIn(task: TaskId, address: number, destination: Int32Array, wordCount: number): Result;
  copyWordsOut(task: TaskId, address: number, source: Int32Array, wordCount: number): Result;
  /** Clears a range of the caller's memory. */
  clearOut(task: TaskId, address: number, lengthBytes: number): Result;
  /**
   * A new scratch buffer in the task's call record, ≤ 16 MiB, gone when the call ends. @returns its
   * address
   */
  scratch(task: TaskId, lengthBytes: number): Result;

  // ---- frames and mappings (frames.ts, address-space.ts)
  /**
   * A frame with one reference, for a device: charged to nobody.
   * @param zeroed 1: filled with zeros
   * @returns frame or -ENOMEM
   */
  allocateFrame(zeroed: number): Result;
  /**
   * A frame with one reference, charged to the job of the task that runs.
   * @param zeroed 1: filled with zeros
   * @param use FRAME_USE.memory, or FRAME_USE.file for contents of files
   * @param wish this frame if it can be had, or FRAME_WISH.any; .stack: one with room below it
   * @returns frame, -ENOMEM, or for contents of files -ENOSPC
   */
  allocateUserFrame(zeroed: number, use: number, wish: number): Result;
  retainFrame(frame: number): void;
  /** Drops a reference; at none the frame is free. */
  releaseFrame(frame: number): void;
  frameReferences(frame: number): Result;
  copyFrame(from: number, to: number): void;
  clearFrame(frame: number, offset: number, lengthBytes: number): void;
  frameIn(
    frame: number,
    offset: number,
    destination: Uint8Array,
    destinationOffset: number,
    lengthBytes: number,
  ): void;
  frameOut(
    frame: number,
    offset: number,
    source: Uint8Array,
    sourceOffset: number,
    lengthBytes: number,
  ): void;
  /** Frame ↔ caller's memory without a copy in between (within one frame). @returns 0 or -EFAULT */
  copyFrameToTask(
    task: TaskId,
    address: number,
    frame: number,
    offset: number,
    lengthBytes: number,
  ): Result;
  copyTaskToFrame(
    task: TaskId,
    address: number,
    frame: number,
    offset: number,
    lengthBytes: number,
  ): Result;
  framesFree(): Result;
  framesTotal(): Result;
  /** How many frames the caller's job can have for contents of files: limits, and what is free. */
  fileFramesLeft(task: TaskId): Result;
  /** @returns a new, empty address space or -ENOMEM */
  createSpace(): Result;
  /** Unmaps everything (dropping the references of mappings) and frees the space. */
  destroySpace(space: number): void;
  /**
   * Maps a page to a frame; takes over one reference of the caller's. permissions: ACCESS_* bits.
   * @returns 0, or -ENOMEM: no frame for a table, the reference stays the caller's
   */
  map(space: number, page: number, frame: number, permissions: number): Result;
  /** Unmaps a run of pages, dropping the references. */
  unmap(space: number, firstPage: number, pageCount: number): void;
  /** Ands the permissions of the run's present pages with these; a fault gives them back. */
  protect(space: number, firstPage: number, pageCount: number, permissions: number): void;
  /** @returns frame × 8 + permissions, or -1: not mapped */
  mapping(space: number, page: number): Result;
  /**
   * Fork: maps every present page of the run in `to` too (references counted). With copyOnWrite the
   * write permission is taken from both. @returns 0, or -ENOMEM: no frames for the tables
   */
  shareMappings(
    from: number,
    to: number,
    firstPage: number,
    pageCount: number,
    copyOnWrite: number,
  ): Result;
  /** mremap: moves the mappings of a run to another place of the same space. @returns 0, -ENOMEM */
  moveMappings(space: number, fromPage: number, toPage: number, pageCount: number): Result;
  /** Present pages in the run, without those of the discounted frame. */
  residentPages(space: number, firstPage: number, pageCount: number): Result;
  /** A figure of a space: SPACE_FIGURE of address-space.ts. */
  spaceFigure(space: number, figure: number): Result;
  /** Mappings of this frame (the shared zeros) do not count as resident memory. */
  discountFrame(frame: number): void;

  // ---- tasks (tasks.ts)
  attribute(task: TaskId, attribute: number): number;
  setAttribute(task: TaskId, attribute: number, value: number): void;
  /** 1 if such a task exists (also a zombie process's leader). */
  exists(task: TaskId): Result;
  /** Lists tasks: the smallest task id > `after`, or -ESRCH. */
  nextTask(after: TaskId): Result;
  /** A figure of the system (FIGURE). */
  systemFigure(figure: number): number;
  /** A setting of the system (SETTING). */
  setting(which: number): number;
  setSetting(which: number, value: number): void;
  /** Supplementary groups. */
  groupCount(task: TaskId): Result;
  groupAt(task: TaskId, index: number): Result;
  /** @returns 0, or -ENOMEM */
  setGroups(task: TaskId, groups: Uint32Array): Result;
  /** The smallest task id > `after` of the process's threads, or -ESRCH. */
  nextThread(process: number, after: TaskId): Result;
  /**
   * A new task, not yet runnable, with `from`'s attributes and (unless `from` is 0) registers.
   * @param process 0: a new process whose id is the task's; else a thread of it. @returns id,
   *   -EAGAIN: too many, or -ENOMEM
   */
  createTask(from: TaskId, process: number): Result;
  /** Puts the task under an address space (its attribute `space` as well). */
  setSpace(task: TaskId, space: number): void;
  /** Makes a created task runnable. */
  startTask(task: TaskId): void;
  /** The task runs no more; its call is cancelled. Its id stays until releaseTask. */
  endTask(task: TaskId): void;
  /** The id is free. */
  releaseTask(task: TaskId): void;
  /** exec by a thread that does not lead: the task takes the leader's id. */
  adoptLeader(task: TaskId): void;
  /** Registers: index 0..31 x, 32..63 f, 64 pc, 65 fcsr. */
  setRegister(task: TaskId, register: number, low: number, high: number): void;
  registerLow(task: TaskId, register: number): number;
  registerHigh(task: TaskId, register: number): number;
  clearRegisters(task: TaskId): void;
  /**
   * Publishes a record about a task for others to read (fs-proc): see RECORD; task 0 is the system.
   */
  publish(task: TaskId, record: number, bytes: Uint8Array): void;
  /** A new process shows what its parent published, until it publishes its own. */
  inheritPublished(from: TaskId, to: TaskId): void;
  /** Copies a published record from byte `offset` on. @returns bytes copied, or -ENOENT */
  readPublished(task: TaskId, record: number, offset: number, destination: Uint8Array): Result;
  /** The process's tasks stop (until continueProcess): job control. */
  stopProcess(process: number): void;
  continueProcess(process: number): void;

  // ---- signals (signals.ts): pending sets and masks; dispositions are the process service's
  postSignal(
    target: number,
    id: number,
    signal: number,
    code: number,
    word0: number,
    word1: number,
    word2: number,
  ): Result;
  /**
   * Removes the next deliverable signal of the task. @returns its number or 0; its siginfo is then
   * current
   */
  takeSignal(task: TaskId): Result;
  /** Takes a pending signal of this set although it is masked (sigtimedwait). @returns it, or 0 */
  takeSignalOf(task: TaskId, low: number, high: number): Result;
  /** Signals of this set end the caller's wait although they are masked (sigtimedwait): its call
   * runs again, nothing is delivered. */
  awaitSignals(task: TaskId, low: number, high: number): void;
  /** Words of the current siginfo: 0 signal, 1 code, 2.. words as posted. */
  signalWord(task: TaskId, index: number): number;
  signalMaskLow(task: TaskId): number;
  signalMaskHigh(task: TaskId): number;
  setSignalMask(task: TaskId, low: number, high: number): void;
  pendingLow(task: TaskId): number;
  pendingHigh(task: TaskId): number;
  /**
   * Which signals the process ignores (by disposition or default): dropped when posted unmasked.
   */
  setIgnored(process: number, low: number, high: number): void;
  /** @returns 1 if the process ignores the signal (setIgnored), else 0 */
  ignoresSignal(process: number, signal: number): Result;
  /**
   * Overrun of a POSIX timer of the process: expirations that the signal (SI_TIMER, word0 the
   * timer) stood for beside its own, when it was taken last. While the signal is pending, posting
   * it again counts as an overrun.
   */
  timerOverrun(process: number, timer: number): Result;
  /** Drops the pending signal and the overrun of a POSIX timer. */
  discardTimer(process: number, timer: number): void;
  /** Drops pending instances of the signal for the whole process. */
  discardPending(process: number, signal: number): void;
  /** Ends an interrupted call by its restart class, saves the registers in a frame below stackTop
   * (guest memory prepared for write) and enters the handler. `flags` are SA_*; `trampoline` is the
   * address of __vdso_rt_sigreturn; the alternate stack's words go into the frame.
   * @returns 0, or -EFAULT: the stack cannot take it */
  enterHandler(
    task: TaskId,
    stackTop: number,
    handlerLow: number,
    handlerHigh: number,
    flags: number,
    maskLow: number,
    maskHigh: number,
    trampoline: number,
    alternateAddress: number,
    alternateFlags: number,
    alternateBytes: number,
  ): Result;
  /** rt_sigreturn: registers and mask from the frame at sp. @returns 0 or -EFAULT */
  leaveHandler(task: TaskId): Result;
  /** Bytes of a signal frame below the stack top, for memory.prepare. */
  signalFrameBytes(): Result;
  /**
   * Stores a 32-bit word in the task's memory (clear_child_tid, robust lists). @returns 0 or
   * -EFAULT
   */
  storeWord(task: TaskId, address: number, value: number): Result;
  /** A signed 64-bit word of the task's memory as a number (0 if it cannot be read). */
  loadDouble(task: TaskId, address: number): number;

  // ---- scheduling mechanism (scheduler.ts)
  setPriority(task: TaskId, priority: number, quantumInstructions: number): void;
  yieldTask(task: TaskId): void;

  // ---- time (time.ts)
  monotonicNanoseconds(): number;
  /** Seconds since 1970 and the nanoseconds within. */
  realtimeSeconds(): number;
  realtimeNanoseconds(): number;
  /**
   * Realtime as files are stamped with it: not before any time that was told, but the host's clock
   * is not asked, so that it may be as old as the slice (Linux: current_time, a tick).
   */
  coarseSeconds(): number;
  coarseNanoseconds(): number;
  setRealtime(seconds: number, nanoseconds: number): void;
  /** Posts EVENT_TIMER with `token` to the calling service at the deadline. @returns timer id */
  setTimer(deadlineNanoseconds: number, token: number): Result;
  cancelTimer(timer: number): void;

  // ---- events between services, interrupts, devices (ports.ts, interrupts.ts)
  /**
   * Posts to a service above: never awaited, delivered by the kernel's loop in order. Limited
   * queue.
   * @returns 0 or -EAGAIN: queue full
   */
  postEvent(service: number, kind: number, word0: number, word1: number, word2: number): Result;
  /** The number of a service by name is given at construction (SERVICE in services.ts). */
  attachInterrupt(line: number): Result;
  completeInterrupt(line: number): Result;
  busLoad(address: number, sizeBytes: number): Result;
  busStore(address: number, sizeBytes: number, value: number): Result;
  /** Physical address of a frame, for a device's DMA. */
  physicalAddress(frame: number): number;

  // ---- the system as a whole
  /** Nothing runs any more: POWER.x says why. */
  endSystem(how: number): void;
  /** The process ends without the process service, which is lost: its tasks run no more. */
  strand(process: number, status: number): void;

  // ---- chance and accounting
  /** 32 bits from the seeded generator (placement, AT_RANDOM). */
  randomWord(): number;
  /** Charges work done for the task by the kernel or a service, in instructions. */
  charge(task: TaskId, instructions: number): void;

  // ---- limits (jobs.ts). A job is what a task's ATTRIBUTE.job says; 0 is the system's own
  /**
   * Whether a job can have objects of so many bytes more, an estimate of what they take of the
   * host's memory, and so many open files. @returns 0, -ENOMEM, or -ENFILE
   */
  mayHold(job: number, bytes: number, files: number): Result;
  /** Such objects were made for the job or, below 0, are gone. */
  hold(job: number, bytes: number, files: number): void;
  /** The job whose limit of memory is reached, so that it must free some; 0: it is the system's. */
  exhaustedJob(task: TaskId): Result;
  /** Ends a process because there is no memory for it (SIGKILL). */
  killExhausted(process: number): void;
}
