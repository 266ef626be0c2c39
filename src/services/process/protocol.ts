/**
 * Protocol of the process service: processes and threads, programs, waiting for children, signals
 * as policy (dispositions, default actions, who may send), identities, limits.
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  bits64,
  handle,
  input,
  inputOf,
  inputOutputOf,
  operation,
  output,
  outputOf,
  path,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

/** struct kernel_sigaction on riscv64: handler, flags, mask (8 bytes each; no restorer). */
export const SIGACTION_BYTES = 24;
export const RUSAGE_BYTES = 144;
export const SIGINFO_BYTES = 128;

/** Of execute's flags, ours and not Linux's: the program is named by a descriptor that closes on
 * exec, so that a script's interpreter could not open it. */
export const EXECUTE_LOST = 0x4000_0000;

export interface ProcessService {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** clone(2): also fork and vfork. flags: CLONE_*, and CLEARS_HANDLERS in the bits of the exit
   * signal, which comes by itself.
   * @returns the child's id */
  clone(
    caller: TaskId,
    flags: number,
    exitSignal: number,
    stack: number,
    parentTid: number,
    tls: number,
    childTid: number,
  ): Result;
  /** execve: arguments and environment are packed in scratch, each string with its NUL.
   * directory and flags as execveat. */
  execute(
    caller: TaskId,
    directory: number,
    path: number,
    pathLength: number,
    args: number,
    argumentsLength: number,
    environment: number,
    environmentLength: number,
    flags: number,
  ): Result;
  exit(caller: TaskId, status: number): Result;
  exitGroup(caller: TaskId, status: number): Result;
  /** wait4: status (4 bytes) and usage may be absent (0). */
  wait(caller: TaskId, which: number, status: number, options: number, usage: number): Result;
  /** waitid: type P_*; fills a siginfo and usage. */
  waitId(
    caller: TaskId,
    type: number,
    id: number,
    siginfo: number,
    options: number,
    usage: number,
  ): Result;
  kill(caller: TaskId, which: number, signal: number): Result;
  /** tgkill (process > 0) and tkill (process -1). */
  killThread(caller: TaskId, process: number, thread: number, signal: number): Result;
  /** rt_sigqueueinfo, rt_tgsigqueueinfo. */
  queueSignal(
    caller: TaskId,
    process: number,
    thread: number,
    signal: number,
    siginfo: number,
  ): Result;
  signalAction(caller: TaskId, signal: number, action: number, oldAction: number): Result;
  /** how: SIG_*; set and oldSet are 8 bytes, 0: absent. */
  signalMask(caller: TaskId, how: number, set: number, oldSet: number): Result;
  signalPending(caller: TaskId, set: number): Result;
  /** Waits with the mask; always ends with -EINTR. */
  signalSuspend(caller: TaskId, maskLow: number, maskHigh: number): Result;
  /** sigtimedwait; timeoutNanoseconds < 0: none. */
  signalWait(
    caller: TaskId,
    setLow: number,
    setHigh: number,
    siginfo: number,
    timeoutNanoseconds: number,
  ): Result;
  /** sigaltstack: two stack_t of 24 bytes. */
  signalStack(caller: TaskId, stack: number, oldStack: number): Result;
  signalReturn(caller: TaskId): Result;
  /**
   * Takes the next deliverable signal and acts on it: ends, stops or continues the process,
   * ignores, or enters its handler. Called before a task with pending signals goes back to user
   * mode.
   * @returns 0; BLOCKED when the user stack has to be read in first
   */
  deliver(caller: TaskId): Result;
  /**
   * A fault of the caller: its signal with si_code and si_addr; it cannot be blocked or ignored.
   */
  fault(caller: TaskId, signal: number, code: number, address: number): Result;
  setGroup(caller: TaskId, process: number, group: number): Result;
  getGroup(caller: TaskId, process: number): Result;
  getSession(caller: TaskId, process: number): Result;
  newSession(caller: TaskId): Result;
  /** set*id(2): which = SET_IDENTITY.x, ids as 32-bit words, -1: unchanged. */
  setIdentity(caller: TaskId, which: number, first: number, second: number, third: number): Result;
  /** getresuid (which 0), getresgid (1): three addresses of 4 bytes. */
  getIdentity(
    caller: TaskId,
    which: number,
    real: number,
    effective: number,
    saved: number,
  ): Result;
  setGroups(caller: TaskId, count: number, groups: number, lengthBytes: number): Result;
  /** lengthBytes = 4 × count; count 0: only the number. */
  getGroups(caller: TaskId, count: number, groups: number, lengthBytes: number): Result;
  /** prlimit64: each struct is 16 bytes, 0: absent. */
  limit(
    caller: TaskId,
    process: number,
    resource: number,
    newLimit: number,
    oldLimit: number,
  ): Result;
  usage(caller: TaskId, who: number, buffer: number): Result;
  /** times(2): struct tms of 32 bytes. @returns clock ticks since boot */
  times(caller: TaskId, buffer: number): Result;
  /** prctl with plain words; PR_SET_NAME and PR_GET_NAME have the 16-byte name range. What an
   * option would store is its result. */
  control(
    caller: TaskId,
    option: number,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
  ): Result;
  name(caller: TaskId, set: number, buffer: number): Result;
  setClearChildTid(caller: TaskId, address: number): Result;
  /** get_robust_list(2): task 0 is the caller; two addresses of 8 bytes. */
  getRobustList(caller: TaskId, task: number, head: number, length: number): Result;
  setRobustList(caller: TaskId, address: number, lengthBytes: number): Result;
  setPriority(caller: TaskId, which: number, id: number, nice: number): Result;
  getPriority(caller: TaskId, which: number, id: number): Result;
  /** sched_setscheduler and its kin. policy -1: unchanged; nice: NICE_UNCHANGED, or -20..19. */
  setScheduling(
    caller: TaskId,
    task: number,
    policy: number,
    priority: number,
    nice: number,
    resetsOnFork: number,
  ): Result;
  /** @returns a SCHEDULING_FIGURE of a task */
  getScheduling(caller: TaskId, task: number, figure: number): Result;
  /** Whether the caller may say where the task runs (sched_setaffinity). @returns 0 or -errno */
  mayMove(caller: TaskId, task: number): Result;
  setIoPriority(caller: TaskId, which: number, who: number, value: number): Result;
  getIoPriority(caller: TaskId, which: number, who: number): Result;
  /** capget, capset: a header of 8 bytes, and two blocks of 12 (0: absent). */
  capabilityGet(caller: TaskId, header: number, data: number): Result;
  capabilitySet(caller: TaskId, header: number, data: number): Result;
  personality(caller: TaskId, wanted: number): Result;
  unshare(caller: TaskId, flags: number): Result;
  /** ptrace: nobody can be traced. @returns -ESRCH or -EPERM as on Linux, else -ENOSYS */
  trace(caller: TaskId, request: number, process: number): Result;
  /** kcmp(2) but for descriptors. @returns 0 equal, 1 less, 2 greater, or -errno */
  compare(caller: TaskId, first: number, second: number, type: number): Result;
  /** reboot(2), magic numbers checked by the caller. */
  reboot(caller: TaskId, command: number): Result;
  /** Boot and the host begin a program: a process that is not started yet, in a session of its own,
   * with Linux's default limits and a fresh descriptor table. isHosted 1: its end is kept for
   * takeResult, it leaves no zombie. @returns its id */
  start(caller: TaskId, parent: number, userId: number, groupId: number, isHosted: number): Result;
  /** @returns the wait status of a hosted process that has ended, once, plus 65536 × the errno with
   * which its program could not be executed at all; -EAGAIN: not yet */
  takeResult(caller: TaskId, process: number): Result;
}

/** In the flags of `clone`: handlers go back to their default (CLONE_CLEAR_SIGHAND, bit 32). */
export const CLEARS_HANDLERS = 1;

/** What getScheduling tells; nice as 20 - nice. */
export const SCHEDULING_FIGURE = Object.freeze({
  policy: 0,
  priority: 1,
  nice: 2,
  resetsOnFork: 3,
} as const);
/** No nice value was given. */
export const NICE_UNCHANGED = 100;

/** Kinds of setIdentity. */
export const SET_IDENTITY = Object.freeze({
  userId: 0,
  groupId: 1,
  realEffectiveUser: 2,
  realEffectiveGroup: 3,
  realEffectiveSavedUser: 4,
  realEffectiveSavedGroup: 5,
  fileSystemUser: 6,
  fileSystemGroup: 7,
} as const);

export const processProtocol = protocol<ProcessService>("process", {
  event: operation(1, "mutation", word, word, word, word),
  clone: operation(4, "mutation", word, word, word, outputOf(4), word, word),
  execute: operation(5, "mutation", handle, path, input(4), word, input(6), word, word),
  exit: operation(6, "mutation", word),
  exitGroup: operation(7, "mutation", word),
  wait: operation(8, "mutation", handle, outputOf(4), word, outputOf(RUSAGE_BYTES)),
  waitId: operation(
    9,
    "mutation",
    word,
    handle,
    outputOf(SIGINFO_BYTES),
    word,
    outputOf(RUSAGE_BYTES),
  ),
  kill: operation(10, "mutation", handle, word),
  killThread: operation(11, "mutation", handle, handle, word),
  queueSignal: operation(12, "mutation", handle, handle, word, inputOf(SIGINFO_BYTES)),
  signalAction: operation(
    13,
    "mutation",
    word,
    inputOf(SIGACTION_BYTES),
    outputOf(SIGACTION_BYTES),
  ),
  signalMask: operation(14, "mutation", word, inputOf(8), outputOf(8)),
  signalPending: operation(15, "query", outputOf(8)),
  signalSuspend: operation(16, "mutation", bits64),
  signalWait: operation(17, "mutation", bits64, outputOf(SIGINFO_BYTES), word),
  signalStack: operation(18, "mutation", inputOf(24), outputOf(24)),
  signalReturn: operation(19, "mutation"),
  deliver: operation(20, "mutation"),
  fault: operation(21, "mutation", word, word, word),
  setGroup: operation(22, "mutation", handle, handle),
  getGroup: operation(23, "query", handle),
  getSession: operation(24, "query", handle),
  newSession: operation(25, "mutation"),
  setIdentity: operation(26, "mutation", word, word, word, word),
  getIdentity: operation(27, "query", word, outputOf(4), outputOf(4), outputOf(4)),
  setGroups: operation(28, "mutation", word, input(2), word),
  getGroups: operation(29, "query", word, output(2), word),
  limit: operation(30, "mutation", handle, word, inputOf(16), outputOf(16)),
  usage: operation(31, "query", word, outputOf(RUSAGE_BYTES)),
  times: operation(32, "query", outputOf(32)),
  control: operation(33, "mutation", word, word, word, word, word),
  name: operation(34, "mutation", word, { kind: "inout", lengthBytes: 16 }),
  setClearChildTid: operation(35, "mutation", word),
  getRobustList: operation(70, "query", handle, outputOf(8), outputOf(8)),
  setRobustList: operation(36, "mutation", word, word),
  setPriority: operation(37, "mutation", word, handle, word),
  getPriority: operation(38, "query", word, handle),
  start: operation(39, "mutation", handle, word, word, word),
  takeResult: operation(40, "mutation", handle),
  setScheduling: operation(41, "mutation", handle, word, word, word, word),
  getScheduling: operation(42, "query", handle, word),
  mayMove: operation(43, "query", handle),
  setIoPriority: operation(44, "mutation", word, handle, word),
  getIoPriority: operation(45, "query", word, handle),
  capabilityGet: operation(46, "query", inputOutputOf(8), outputOf(24)),
  capabilitySet: operation(47, "mutation", inputOutputOf(8), inputOf(24)),
  personality: operation(48, "mutation", word),
  unshare: operation(49, "mutation", word),
  trace: operation(50, "query", word, handle),
  compare: operation(51, "query", handle, handle, word),
  reboot: operation(52, "mutation", word),
});
