/**
 * What the process service knows: a record per process and per thread, plain data.
 */

/** Linux's default: what timers of a thread may be late (prctl(2) PR_SET_TIMERSLACK). */
export const TIMER_SLACK_NANOSECONDS = 50_000;

/** The disposition of a signal: struct kernel_sigaction in words. */
export interface Action {
  handlerLow: number;
  handlerHigh: number;
  flags: number;
  maskLow: number;
  maskHigh: number;
}

/** Instructions used, counted when a process has been waited for. */
export interface Usage {
  user: number;
  kernel: number;
  minorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  /** Most pages that were resident at a time, in any space it had. */
  residentPeakPages: number;
}

/** @returns the usage of who has done nothing yet */
export function createUsage(): Usage {
  return {
    user: 0,
    kernel: 0,
    minorFaults: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
    residentPeakPages: 0,
  };
}

export interface ProcessRecord {
  readonly id: number;
  parent: number;
  /** The thread of the parent that made it, for __WNOTHREAD. */
  parentThread: number;
  readonly children: number[];
  /** Signal to the parent at exit; 0: none. */
  exitSignal: number;
  isZombie: boolean;
  /** Wait status of a zombie. */
  status: number;
  /** Wait status of a stop or continue not yet waited for; 0: none. */
  stopStatus: number;
  continued: boolean;
  /** By signal number 1..64. */
  readonly actions: Action[];
  /** Signals that the kernel drops, that are ignored, that have a handler: two words each. */
  readonly sets: Int32Array;
  /** What the parent of this process's children waits on. */
  readonly childChannel: number;
  /** Has called execve since it was made (setpgid's refusal). */
  executed: boolean;
  /** Started by the host: its result is kept in `results`. */
  isHosted: boolean;
  /** Hosted: the errno with which its program could not be executed, or 0. */
  startError: number;
  isExiting: boolean;
  isStopped: boolean;
  /** Address of the vDSO in its space; 0: none. */
  vdsoAddress: number;
  parentDeathSignal: number;
  isSubreaper: boolean;
  dumpable: number;
  noNewPrivileges: number;
  readonly ownUsage: Usage;
  readonly childUsage: Usage;
}

export interface ThreadRecord {
  readonly id: number;
  clearChildTid: number;
  robustList: number;
  alternateStack: number;
  alternateBytes: number;
  /** As sigaltstack(2) was given them, SS_AUTODISARM among them. */
  alternateFlags: number;
  /** SECURE_* (prctl(2) PR_SET_SECUREBITS). */
  secureBits: number;
  personality: number;
  /** ioprio_set(2): class and level; 0: never set. */
  ioPriority: number;
  timerSlackNanoseconds: number;
  /** What PR_SET_TIMERSLACK 0 goes back to: the maker's. */
  timerSlackDefaultNanoseconds: number;
  /** SCHED_RESET_ON_FORK. */
  resetsOnFork: boolean;
  /** Channel on which the parent of a vfork waits; 0: none waits. */
  vforkChannel: number;
}

/** The end of a program that the host started. */
export interface HostedResult {
  readonly status: number;
  readonly startError: number;
  readonly user: number;
  readonly kernel: number;
}

export interface ProcessState {
  readonly processes: Map<number, ProcessRecord>;
  readonly threads: Map<number, ThreadRecord>;
  readonly results: Map<number, HostedResult>;
}

/** @returns the state of a system without processes */
export function createProcessState(): ProcessState {
  return { processes: new Map(), threads: new Map(), results: new Map() };
}

/** @returns the default disposition of every signal */
export function createActions(): Action[] {
  return Array.from({ length: 65 }, () => ({
    handlerLow: 0,
    handlerHigh: 0,
    flags: 0,
    maskLow: 0,
    maskHigh: 0,
  }));
}

/** @param channel what waits for this process's children wait on */
export function createProcessRecord(id: number, parent: number, channel: number): ProcessRecord {
  return {
    id,
    parent,
    parentThread: parent,
    children: [],
    exitSignal: 0,
    isZombie: false,
    status: 0,
    stopStatus: 0,
    continued: false,
    actions: createActions(),
    sets: new Int32Array(6),
    childChannel: channel,
    executed: false,
    isHosted: false,
    startError: 0,
    isExiting: false,
    isStopped: false,
    vdsoAddress: 0,
    parentDeathSignal: 0,
    isSubreaper: false,
    dumpable: 1,
    noNewPrivileges: 0,
    ownUsage: createUsage(),
    childUsage: createUsage(),
  };
}

/** @returns the record of a thread that has just begun */
export function createThreadRecord(id: number): ThreadRecord {
  return {
    id,
    clearChildTid: 0,
    robustList: 0,
    alternateStack: 0,
    alternateBytes: 0,
    alternateFlags: 0,
    secureBits: 0,
    personality: 0,
    ioPriority: 0,
    timerSlackNanoseconds: TIMER_SLACK_NANOSECONDS,
    timerSlackDefaultNanoseconds: TIMER_SLACK_NANOSECONDS,
    resetsOnFork: false,
    vforkChannel: 0,
  };
}
