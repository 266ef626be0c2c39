/**
 * Signals as policy: dispositions, default actions, who may send to whom, and the delivery to a
 * task (POSIX 2.4; Linux kernel/signal.c). Pending sets and masks are the kernel's.
 */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../../abi/errno.js";
import { RLIMIT_CORE, STATUS_CORE } from "../../abi/process.js";
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  MINSIGSTKSZ,
  SA_NOCLDSTOP,
  SA_ONSTACK,
  SA_RESETHAND,
  SI_KERNEL,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGABRT,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGNALS_MAX,
  SIGQUIT,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from "../../abi/signal.js";
import { ATTRIBUTE, SIGNAL_TO_PROCESS, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import { ACCESS_WRITE } from "../../kernel/platform.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { type Context, INIT } from "./context.js";
import { type Exits, isOrphaned } from "./exit.js";
import type { Action, ProcessRecord, ThreadRecord } from "./state.js";

const ALL = 0x7fff_ffff;
const X_SP = 2;
const SLOT_SIGNAL = 0;
/** Below this limit Linux does not begin to write a core file (a page). */
const CORE_BYTES_MIN = 4096;
/** Where uc_stack is in a signal frame (kernel/signal-frame.ts). */
const FRAME_STACK = 144;
/** Indexes of a process's sets, each of two words. */
const SET_DROPPED = 0;
const SET_IGNORED = 2;
const SET_CAUGHT = 4;
/** A struct sigaction by words: handler, flags (the upper half unused), mask. */
const ACTION_WORDS = 6;
const STOPS: ReadonlySet<number> = new Set([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);
const IGNORED_BY_DEFAULT: ReadonlySet<number> = new Set([SIGCHLD, SIGURG, SIGWINCH, SIGCONT]);
const CORES: ReadonlySet<number> = new Set([
  SIGQUIT,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGSEGV,
  SIGXCPU,
  SIGXFSZ,
  SIGSYS,
]);

const lowBit = (signal: number): number => (signal <= 32 ? 1 << (signal - 1) : 0);
const UNBLOCKABLE_LOW = lowBit(SIGKILL) | lowBit(SIGSTOP);
const isAction = (action: Action, value: number): boolean =>
  action.handlerHigh === 0 && action.handlerLow === value;

export class Signals {
  /** Where a sigaction passes through: making one for each call costs more than the call. */
  private readonly actionWords = new Int32Array(ACTION_WORDS);
  /** The disposition that a sigaction fills in; the one that it replaces is the next. */
  private next: Action = { handlerLow: 0, handlerHigh: 0, flags: 0, maskLow: 0, maskHigh: 0 };

  constructor(
    private readonly context: Context,
    private readonly exits: Exits,
  ) {}

  private action(process: ProcessRecord, signal: number): Action {
    const action = process.actions[signal];
    if (action === undefined) throw new Error(`signal ${signal} has no disposition`);
    return action;
  }

  /** A signal's disposition is another: its bits in the sets. @returns whether one has changed */
  private note(process: ProcessRecord, signal: number): boolean {
    const { sets } = process;
    const action = this.action(process, signal);
    const isIgnored = isAction(action, SIG_IGN);
    const isDefault = isAction(action, SIG_DFL);
    const isDropped = isIgnored || (isDefault && IGNORED_BY_DEFAULT.has(signal));
    const isDroppedNew = setBit(sets, SET_DROPPED, signal, isDropped);
    const isIgnoredNew = setBit(sets, SET_IGNORED, signal, isIgnored);
    const isCaughtNew = setBit(sets, SET_CAUGHT, signal, !isIgnored && !isDefault);
    return isDroppedNew || isIgnoredNew || isCaughtNew;
  }

  /** The kernel drops what a process ignores; /proc/PID/status shows what is ignored and caught. */
  publishSets(process: ProcessRecord): void {
    const { kernel } = this.context;
    const { id, sets } = process;
    kernel.setIgnored(id, sets[SET_DROPPED] as number, sets[SET_DROPPED + 1] as number);
    kernel.setAttribute(id, ATTRIBUTE.ignoredLow, sets[SET_IGNORED] as number);
    kernel.setAttribute(id, ATTRIBUTE.ignoredHigh, sets[SET_IGNORED + 1] as number);
    kernel.setAttribute(id, ATTRIBUTE.caughtLow, sets[SET_CAUGHT] as number);
    kernel.setAttribute(id, ATTRIBUTE.caughtHigh, sets[SET_CAUGHT + 1] as number);
  }

  /** The sets of all dispositions, anew. */
  setDefaults(process: ProcessRecord): void {
    for (let signal = 1; signal <= SIGNALS_MAX; signal++) this.note(process, signal);
    this.publishSets(process);
  }

  /** Handlers go back to the default at execve; what is ignored stays (POSIX exec). */
  resetHandlers(process: ProcessRecord): void {
    for (let signal = 1; signal <= SIGNALS_MAX; signal++) {
      const action = this.action(process, signal);
      const isIgnored = isAction(action, SIG_IGN);
      process.actions[signal] = {
        handlerLow: isIgnored ? SIG_IGN : SIG_DFL,
        handlerHigh: 0,
        flags: 0,
        maskLow: 0,
        maskHigh: 0,
      };
    }
    this.setDefaults(process);
  }

  setAction(caller: TaskId, signal: number, address: number, oldAddress: number): Result {
    if (!(signal >= 1 && signal <= SIGNALS_MAX)) return -EINVAL;
    if (address !== 0 && (signal === SIGKILL || signal === SIGSTOP)) return -EINVAL;
    const { kernel } = this.context;
    const process = this.context.own(caller);
    const old = this.action(process, signal);
    const { actionWords: words, next } = this;
    if (address !== 0) {
      const failed = kernel.copyWordsIn(caller, address, words, ACTION_WORDS);
      if (failed < 0) return failed;
      next.handlerLow = words[0] as number;
      next.handlerHigh = words[1] as number;
      next.flags = (words[2] as number) >>> 0;
      next.maskLow = (words[4] as number) & ~UNBLOCKABLE_LOW;
      next.maskHigh = words[5] as number;
    }
    if (oldAddress !== 0) {
      words[0] = old.handlerLow;
      words[1] = old.handlerHigh;
      words[2] = old.flags;
      words[3] = 0;
      words[4] = old.maskLow;
      words[5] = old.maskHigh;
      const failed = kernel.copyWordsOut(caller, oldAddress, words, ACTION_WORDS);
      if (failed < 0) return failed;
    }
    if (address === 0) return 0;
    process.actions[signal] = next;
    this.next = old;
    // Only the handler decides what is in the sets.
    const isSame = next.handlerLow === old.handlerLow && next.handlerHigh === old.handlerHigh;
    if (!isSame && this.note(process, signal)) this.publishSets(process);
    const isIgnored =
      isAction(next, SIG_IGN) || (isAction(next, SIG_DFL) && IGNORED_BY_DEFAULT.has(signal));
    if (isIgnored) kernel.discardPending(process.id, signal);
    return 0;
  }

  setMask(caller: TaskId, how: number, set: number, oldSet: number): Result {
    const { kernel } = this.context;
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    const oldLow = kernel.signalMaskLow(caller);
    const oldHigh = kernel.signalMaskHigh(caller);
    let low = oldLow;
    let high = oldHigh;
    if (set !== 0) {
      const failed = kernel.copyIn(caller, set, bytes, 0, 8);
      if (failed < 0) return failed;
      const newLow = view.getInt32(0, true);
      const newHigh = view.getInt32(4, true);
      if (how === SIG_BLOCK) [low, high] = [low | newLow, high | newHigh];
      else if (how === SIG_UNBLOCK) [low, high] = [low & ~newLow, high & ~newHigh];
      else if (how === SIG_SETMASK) [low, high] = [newLow, newHigh];
      else return -EINVAL;
    }
    if (oldSet !== 0) {
      view.setInt32(0, oldLow, true);
      view.setInt32(4, oldHigh, true);
      const failed = kernel.copyOut(caller, oldSet, bytes, 0, 8);
      if (failed < 0) return failed;
    }
    if (set !== 0) kernel.setSignalMask(caller, low, high);
    return 0;
  }

  pending(caller: TaskId, set: number): Result {
    const { kernel } = this.context;
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, kernel.pendingLow(caller) & kernel.signalMaskLow(caller), true);
    view.setInt32(4, kernel.pendingHigh(caller) & kernel.signalMaskHigh(caller), true);
    return kernel.copyOut(caller, set, bytes, 0, 8);
  }

  /** Waits under the mask until a handler has run (kernel/upcalls.ts: INTERRUPT). */
  suspend(caller: TaskId, maskLow: number, maskHigh: number): Result {
    const { kernel } = this.context;
    if (kernel.forced(caller)) return BLOCKED;
    kernel.setTemporaryMask(caller, maskLow, maskHigh);
    return BLOCKED;
  }

  wait(caller: TaskId, low: number, high: number, siginfo: number, timeout: number): Result {
    const { kernel } = this.context;
    if (timeout !== 0 && kernel.forced(caller)) return BLOCKED;
    // Nobody can wait for these: they act, whatever the set says.
    const awaited = low & ~lowBit(SIGKILL) & ~lowBit(SIGSTOP);
    const signal = kernel.takeSignalOf(caller, awaited, high);
    if (signal > 0) {
      if (siginfo !== 0) {
        const failed = kernel.copyOut(caller, siginfo, this.currentInfo(caller), 0, 128);
        if (failed < 0) return failed;
      }
      return signal;
    }
    if (timeout === 0) return -EAGAIN;
    if (timeout > 0 && kernel.deadline(caller) === Number.POSITIVE_INFINITY) {
      kernel.setDeadline(caller, kernel.monotonicNanoseconds() + timeout);
    }
    if (kernel.monotonicNanoseconds() >= kernel.deadline(caller)) return -EAGAIN;
    // Signals of the set must end the wait although they are masked: unmask them meanwhile; the
    // delivery (deliver) hands them to this call first.
    kernel.awaitSignals(caller, awaited, high);
    return BLOCKED;
  }

  private currentInfo(caller: TaskId): Uint8Array {
    const { kernel } = this.context;
    const bytes = new Uint8Array(128);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, kernel.signalWord(caller, 0), true);
    view.setInt32(8, kernel.signalWord(caller, 1), true);
    view.setInt32(16, kernel.signalWord(caller, 2), true);
    view.setInt32(20, kernel.signalWord(caller, 3), true);
    const value = kernel.signalWord(caller, 4);
    view.setUint32(24, value % 2 ** 32, true);
    view.setInt32(28, Math.floor(value / 2 ** 32), true);
    return bytes;
  }

  /** sigaltstack(2). */
  setStack(caller: TaskId, stack: number, oldStack: number): Result {
    const { kernel } = this.context;
    const thread = this.context.thread(caller);
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    const stackPointer = this.context.register(caller, X_SP);
    const { alternateStack, alternateBytes, alternateFlags } = thread;
    const isOn = this.isOnAlternate(caller, stackPointer);
    if (stack !== 0) {
      const failed = kernel.copyIn(caller, stack, bytes, 0, 24);
      if (failed < 0) return failed;
      const size = view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32;
      const pointer = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
      const refused = this.useStack(caller, pointer, view.getInt32(8, true), size, stackPointer);
      if (refused < 0) return refused;
    }
    if (oldStack === 0) return 0;
    view.setUint32(0, alternateStack % 2 ** 32, true);
    view.setUint32(4, Math.floor(alternateStack / 2 ** 32), true);
    const state = alternateBytes === 0 ? SS_DISABLE : isOn ? SS_ONSTACK : 0;
    view.setInt32(8, state | (alternateFlags & SS_AUTODISARM), true);
    view.setInt32(12, 0, true);
    view.setUint32(16, alternateBytes % 2 ** 32, true);
    view.setUint32(20, Math.floor(alternateBytes / 2 ** 32), true);
    return kernel.copyOut(caller, oldStack, bytes, 0, 24);
  }

  /** @returns 0 or -errno: the thread's alternate stack from now on */
  private useStack(
    caller: TaskId,
    pointer: number,
    flags: number,
    size: number,
    stackPointer: number,
  ): Result {
    const thread = this.context.thread(caller);
    if (this.isOnAlternate(caller, stackPointer)) return -EPERM;
    const mode = flags & ~SS_AUTODISARM;
    if (mode !== 0 && mode !== SS_DISABLE && mode !== SS_ONSTACK) return -EINVAL;
    const isOff = mode === SS_DISABLE;
    if (!isOff && size < MINSIGSTKSZ) return -ENOMEM;
    thread.alternateStack = isOff ? 0 : pointer;
    thread.alternateBytes = isOff ? 0 : size;
    thread.alternateFlags = isOff ? flags & SS_AUTODISARM : flags;
    return 0;
  }

  /** With SS_AUTODISARM nobody is on it: it was taken away when the handler began. */
  private isOnAlternate(caller: TaskId, stackPointer: number): boolean {
    const { alternateStack, alternateBytes, alternateFlags } = this.context.thread(caller);
    if ((alternateFlags & SS_AUTODISARM) !== 0) return false;
    return stackPointer > alternateStack && stackPointer - alternateStack <= alternateBytes;
  }

  /** The next signal of the caller: default action, or its handler. */
  deliver(caller: TaskId): Result {
    const { kernel } = this.context;
    const kept = kernel.slot(caller, SLOT_SIGNAL);
    const signal = kept > 0 ? kept : kernel.takeSignal(caller);
    if (signal === 0) return 0;
    const process = this.context.own(caller);
    const action = this.action(process, signal);
    if (isAction(action, SIG_IGN)) return 0;
    if (isAction(action, SIG_DFL)) return this.defaultAction(caller, process, signal);
    return this.enter(caller, process, signal, action);
  }

  private defaultAction(caller: TaskId, process: ProcessRecord, signal: number): Result {
    if (IGNORED_BY_DEFAULT.has(signal)) return 0;
    if (process.id === INIT && !this.isForced(caller, process, signal)) return 0;
    if (STOPS.has(signal)) {
      const group = this.context.group(process);
      const isOrphan = isOrphaned(this.context, group, this.context.session(process));
      if (signal !== SIGSTOP && isOrphan) return 0;
      this.stop(process, signal);
      return 0;
    }
    const core = CORES.has(signal) && this.wouldDump(process) ? STATUS_CORE : 0;
    return this.exits.exitProcess(caller, signal | core);
  }

  /**
   * Init is killed only by its own faults, whose codes are above 0, and by SIGKILL of the host that
   * started it, as a container's from outside (Linux: SIGNAL_UNKILLABLE, force_sig).
   */
  private isForced(caller: TaskId, process: ProcessRecord, signal: number): boolean {
    const { kernel } = this.context;
    if (kernel.signalWord(caller, 1) > 0) return isFault(signal);
    return signal === SIGKILL && process.isHosted && kernel.signalWord(caller, 2) === 0;
  }

  /** No core file is written; the status says whether Linux would have (core(5)). */
  private wouldDump(process: ProcessRecord): boolean {
    const { kernel } = this.context;
    const limit = kernel.attribute(process.id, ATTRIBUTE.limits + RLIMIT_CORE);
    return process.dumpable === 1 && limit >= CORE_BYTES_MIN;
  }

  private stop(process: ProcessRecord, signal: number): void {
    if (process.isStopped) return;
    process.isStopped = true;
    process.stopStatus = (signal << 8) | 0x7f;
    process.continued = false;
    this.context.kernel.stopProcess(process.id);
    this.tellParent(process, CLD_STOPPED, signal);
  }

  /** The kernel continued a stopped process on SIGCONT. */
  continued(id: number): void {
    const process = this.context.state.processes.get(id);
    if (process === undefined || process.isZombie) return;
    process.isStopped = false;
    process.stopStatus = 0;
    process.continued = true;
    this.tellParent(process, CLD_CONTINUED, SIGCONT);
  }

  private tellParent(process: ProcessRecord, code: number, value: number): void {
    const { kernel, state } = this.context;
    const parent = state.processes.get(process.parent);
    if (parent === undefined) return;
    const action = this.action(parent, SIGCHLD);
    if ((action.flags & SA_NOCLDSTOP) === 0 && !isAction(action, SIG_IGN)) {
      const user = kernel.attribute(process.id, ATTRIBUTE.userId);
      kernel.postSignal(SIGNAL_TO_PROCESS, parent.id, SIGCHLD, code, process.id, user, value);
    }
    kernel.wake(parent.childChannel, ALL);
  }

  /** Enters a handler; the frame's stack is faulted in first, which may wait. */
  private enter(caller: TaskId, process: ProcessRecord, signal: number, action: Action): Result {
    const { kernel, services, options } = this.context;
    const thread = this.context.thread(caller);
    const stackPointer = this.context.register(caller, X_SP);
    const wasOn = this.isOnAlternate(caller, stackPointer);
    const useAlternate = (action.flags & SA_ONSTACK) !== 0 && thread.alternateBytes > 0 && !wasOn;
    const top = useAlternate ? thread.alternateStack + thread.alternateBytes : stackPointer;
    const frameBytes = kernel.signalFrameBytes();
    const address = Math.floor((top - frameBytes) / 16) * 16;
    const ready = services.memory.prepare(caller, address, frameBytes, ACCESS_WRITE);
    if (ready === BLOCKED) {
      kernel.setSlot(caller, SLOT_SIGNAL, signal);
      return BLOCKED;
    }
    const stackFlags = (thread.alternateBytes === 0 ? SS_DISABLE : 0) | thread.alternateFlags;
    // A frame that would leave the alternate stack at its other end has no place.
    const isOver = wasOn && !this.isOnAlternate(caller, address);
    const entered =
      ready < frameBytes || isOver
        ? -EFAULT
        : kernel.enterHandler(
            caller,
            top,
            action.handlerLow,
            action.handlerHigh,
            action.flags,
            action.maskLow,
            action.maskHigh,
            process.vdsoAddress + options.signalReturnOffset,
            thread.alternateStack,
            stackFlags,
            thread.alternateBytes,
          );
    if (entered < 0) {
      // Linux: force_sigsegv. A handler of SIGSEGV itself cannot be entered either.
      if (signal === SIGSEGV) this.setDefault(process, SIGSEGV);
      return this.fault(caller, SIGSEGV, SI_KERNEL, 0);
    }
    if ((thread.alternateFlags & SS_AUTODISARM) !== 0) this.disarm(thread);
    if ((action.flags & SA_RESETHAND) !== 0) this.setDefault(process, signal);
    return 0;
  }

  private setDefault(process: ProcessRecord, signal: number): void {
    const action = this.action(process, signal);
    action.handlerLow = SIG_DFL;
    action.handlerHigh = 0;
    if (this.note(process, signal)) this.publishSets(process);
  }

  private disarm(thread: ThreadRecord): void {
    thread.alternateStack = 0;
    thread.alternateBytes = 0;
    thread.alternateFlags = 0;
  }

  /** rt_sigreturn: a frame that cannot be read kills with SIGSEGV, as Linux does. */
  return(caller: TaskId): Result {
    const { kernel } = this.context;
    const stack = this.context.register(caller, X_SP) + FRAME_STACK;
    const pointer = kernel.loadDouble(caller, stack);
    const flags = kernel.loadDouble(caller, stack + 8);
    const size = kernel.loadDouble(caller, stack + 16);
    if (kernel.leaveHandler(caller) < 0) this.fault(caller, SIGSEGV, SI_KERNEL, 0);
    // The frame says what the alternate stack was; what it cannot be is left out.
    else this.useStack(caller, pointer, flags | 0, size, this.context.register(caller, X_SP));
    return 0;
  }

  /** A signal that the task's own instruction caused: blocked or ignored it kills (force_sig). */
  fault(caller: TaskId, signal: number, code: number, address: number): Result {
    const { kernel } = this.context;
    const process = this.context.own(caller);
    const maskLow = kernel.signalMaskLow(caller);
    const isBlocked = (maskLow & lowBit(signal)) !== 0;
    if (isBlocked || isAction(this.action(process, signal), SIG_IGN)) {
      this.setDefault(process, signal);
      kernel.setSignalMask(caller, maskLow & ~lowBit(signal), kernel.signalMaskHigh(caller));
    }
    return kernel.postSignal(SIGNAL_TO_TASK, caller, signal, code, address, 0, 0);
  }
}

/** @param index of a set's low word @returns whether the bit was another */
function setBit(sets: Int32Array, index: number, signal: number, isIn: boolean): boolean {
  const at = signal > 32 ? index + 1 : index;
  const bit = 1 << ((signal - 1) % 32);
  const old = sets[at] as number;
  sets[at] = isIn ? old | bit : old & ~bit;
  return sets[at] !== old;
}

/** Signals that an instruction causes. */
function isFault(signal: number): boolean {
  return (
    signal === SIGSEGV ||
    signal === SIGBUS ||
    signal === SIGILL ||
    signal === SIGFPE ||
    signal === SIGTRAP
  );
}
