/**
 * What the kernel keeps about tasks and the system for services to read: attributes (numbers),
 * figures, and which records services publish. Part of the kernel calls (calls.ts).
 */
/** Attributes of a task that any service may read and `process` may set (numbers). */
export const ATTRIBUTE = Object.freeze({
  /** Thread group: what getpid returns. */
  process: 0,
  parent: 1,
  group: 2,
  session: 3,
  userId: 4,
  effectiveUserId: 5,
  savedUserId: 6,
  fileSystemUserId: 7,
  groupId: 8,
  effectiveGroupId: 9,
  savedGroupId: 10,
  fileSystemGroupId: 11,
  /** Address space (memory service's id, the kernel's space id). */
  space: 12,
  /** Descriptor table and file-system context (cwd, root, umask) of the file service. */
  fileTable: 13,
  fileContext: 14,
  /** Controlling terminal: tty number + 1, or 0. */
  terminal: 15,
  nice: 16,
  /** 1 while the process is a zombie or the task ends. */
  ending: 17,
  /** User and kernel-charged instructions of the task so far; of task 0: of all released tasks. */
  userInstructions: 18,
  kernelInstructions: 19,
  /** 'R' 'S' 'D' 'T' 'Z' as character code, for ps. */
  stateCode: 20,
  /** Monotonic start time in nanoseconds. */
  startNanoseconds: 21,
  /** The program file, a place of the file service's; 0: none. */
  executable: 22,
  /** How often the task stopped running: because it waited, or because another one's turn came. */
  voluntarySwitches: 23,
  involuntarySwitches: 24,
  /** Page faults of the task that were served. */
  minorFaults: 25,
  /** Sets of capabilities (abi/capability.ts). */
  effectiveCapabilities: 26,
  permittedCapabilities: 27,
  inheritableCapabilities: 28,
  boundingCapabilities: 29,
  ambientCapabilities: 30,
  /** The job (jobs.ts); not to be set. */
  job: 31,
  /** Soft limits, RLIMIT_x at limits + x, and hard at hardLimits + x; 2^53-1 is RLIM_INFINITY. */
  limits: 32,
  hardLimits: 48,
  /** From here on, of the process. Where execve put strings and code; prctl(2) PR_SET_MM. */
  argumentsStart: 64,
  argumentsEnd: 65,
  environmentStart: 66,
  environmentEnd: 67,
  stackStart: 68,
  codeStart: 69,
  codeEnd: 70,
  /** Signals that have a handler, or SIG_IGN, as two words. */
  caughtLow: 71,
  caughtHigh: 72,
  ignoredLow: 73,
  ignoredHigh: 74,
  /** prctl(2) PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS. */
  dumpable: 75,
  noNewPrivileges: 76,
  /** -1000 to 1000, /proc/PID/oom_score_adj. */
  oomScoreAdjustment: 77,
  /** Instructions of threads that have ended, and of children that were waited for. */
  endedUserInstructions: 78,
  endedKernelInstructions: 79,
  childrenUserInstructions: 80,
  childrenKernelInstructions: 81,
  /** 1 once the process has called execve since it was made. */
  executed: 82,
  /** Pending signals of the task alone and of its process, as two words, and how many instances;
   * not to be set. */
  ownPendingLow: 83,
  ownPendingHigh: 84,
  sharedPendingLow: 85,
  sharedPendingHigh: 86,
  queuedSignals: 87,
  /** What an unprivileged process may set oomScoreAdjustment to at the least. */
  oomScoreMinimum: 88,
  /** As codeStart and codeEnd. */
  dataStart: 89,
  dataEnd: 90,
  /** Page faults of threads that have ended, and of children that were waited for. */
  endedMinorFaults: 91,
  childrenMinorFaults: 92,
  /** What membarrier(2) was asked to register. */
  barriers: 95,
  /** From here on, of the thread again. SCHED_x, and the priority (1..99) of real-time classes. */
  schedulingPolicy: 96,
  realtimePriority: 97,
  /** Of the process: bytes that read and write calls moved, and how many of them there were. */
  bytesRead: 104,
  bytesWritten: 105,
  readCalls: 106,
  writeCalls: 107,
} as const);

/** Figures of the whole system, for `systemFigure`. */
export const FIGURE = Object.freeze({
  /** Tasks made since boot. */
  tasksCreated: 0,
  /** The id given last. */
  latestId: 1,
  contextSwitches: 2,
  /** Tasks that run or could. */
  runnable: 3,
  /** Load averages over 1, 5 and 15 minutes, in units of 1/2048. */
  load1: 4,
  load5: 5,
  load15: 6,
} as const);

/** Settings of the system that the superuser can change (/proc/sys), for `setting`. */
export const SETTING = Object.freeze({
  /** Regions that an address space may have. */
  regionsMax: 0,
  /** Descriptors that RLIMIT_NOFILE may allow. */
  descriptorsMax: 1,
  /** Bytes that F_SETPIPE_SZ gives to everybody. */
  pipeBytesMax: 2,
} as const);
/** What they are from the start, as Linux has them. */
export const SETTINGS_FIRST: readonly number[] = Object.freeze([65530, 1048576, 1048576]);

/** Records that services publish about a task (fs-proc shows them). */
export const RECORD = Object.freeze({
  /** Command name, at most 15 bytes. */
  command: 0,
  /** The auxiliary vector of the program, as on its stack (getauxval(3)). */
  auxiliaryVector: 1,
  /** Of task 0: the mount table, as /proc/mounts. */
  mounts: 4,
  /** Of task 0: the version text of uname -v. */
  version: 5,
  /** Of task 0: the host name of uname -n, without a newline. */
  hostName: 6,
  /** Of task 0: the domain name of uname(2). */
  domainName: 7,
  /** Of task 0: the mount table, as /proc/PID/mountinfo. */
  mountInfo: 8,
} as const);
