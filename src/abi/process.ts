/**
 * Processes of Linux/riscv64: numbers of clone(2), wait(2), prctl(2), getrlimit(2) and the
 * auxiliary vector (include/uapi/linux/sched.h, wait.h, prctl.h, auxvec.h, asm-generic/resource.h).
 */
export const CSIGNAL = 0xff;
export const CLONE_VM = 0x100;
export const CLONE_FS = 0x200;
export const CLONE_FILES = 0x400;
export const CLONE_SIGHAND = 0x800;
export const CLONE_PIDFD = 0x1000;
export const CLONE_PTRACE = 0x2000;
export const CLONE_VFORK = 0x4000;
export const CLONE_PARENT = 0x8000;
export const CLONE_THREAD = 0x1_0000;
export const CLONE_NEWNS = 0x2_0000;
export const CLONE_NEWUSER = 0x1000_0000;
export const CLONE_SYSVSEM = 0x4_0000;
export const CLONE_SETTLS = 0x8_0000;
export const CLONE_PARENT_SETTID = 0x10_0000;
export const CLONE_CHILD_CLEARTID = 0x20_0000;
export const CLONE_DETACHED = 0x40_0000;
export const CLONE_UNTRACED = 0x80_0000;
export const CLONE_CHILD_SETTID = 0x100_0000;
/** Namespaces, which Sixfold does not have: cgroup, uts, ipc, user, pid, net. */
export const CLONE_NAMESPACES = 0x7e02_0000;

export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WSTOPPED = 2;
export const WEXITED = 4;
export const WCONTINUED = 8;
export const WNOWAIT = 0x0100_0000;
export const WNOTHREAD = 0x2000_0000;
export const WALL = 0x4000_0000;
export const WCLONE = 0x8000_0000;
export const P_ALL = 0;
export const P_PID = 1;
export const P_PIDFD = 3;
export const P_PGID = 2;

export const STATUS_CONTINUED = 0xffff;
export const STATUS_CORE = 0x80;

export const RLIMITS = 16;
export const RLIMIT_CPU = 0;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
/** RLIM_INFINITY as a number (its bits are all ones in the structure). */
export const LIMIT_NONE = Number.MAX_SAFE_INTEGER;

export const PR_SET_PDEATHSIG = 1;
export const PR_GET_PDEATHSIG = 2;
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_GET_KEEPCAPS = 7;
export const PR_SET_KEEPCAPS = 8;
export const PR_GET_TIMING = 13;
export const PR_SET_MM = 35;
export const PR_SET_TIMING = 14;
export const PR_GET_SECCOMP = 21;
export const PR_CAPBSET_READ = 23;
export const PR_CAPBSET_DROP = 24;
export const PR_GET_SECUREBITS = 27;
export const PR_SET_SECUREBITS = 28;
export const PR_SET_TIMERSLACK = 29;
export const PR_GET_TIMERSLACK = 30;
export const PR_GET_TID_ADDRESS = 40;
export const PR_CAP_AMBIENT = 47;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_GET_CHILD_SUBREAPER = 37;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_NO_NEW_PRIVS = 39;

export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;
export const RUSAGE_THREAD = 1;

/** Clock ticks per second in times(2) and /proc (USER_HZ). */
export const CLOCK_TICKS_PER_SECOND = 100;
/** AT_HWCAP: a bit per letter of the base extensions I, M, A, F, D, C. */
export const HWCAP_RV64GC: number = [..."IMAFDC"].reduce(
  (bits, letter) => bits | (1 << (letter.charCodeAt(0) - 65)),
  0,
);

export const PTRACE_TRACEME = 0;

/** kcmp(2). */
export const KCMP_FILE = 0;
export const KCMP_VM = 1;
export const KCMP_FILES = 2;
export const KCMP_FS = 3;
export const KCMP_SIGHAND = 4;
export const KCMP_IO = 5;
export const KCMP_SYSVSEM = 6;

/** reboot(2): the first magic number, those of the second, and commands. */
export const REBOOT_MAGIC_1 = 0xfee1_dead;
export const REBOOT_MAGIC_2: readonly number[] = Object.freeze([
  672274793, 85072278, 369367448, 537993216,
]);
export const REBOOT_RESTART = 0x0123_4567;
export const REBOOT_RESTART2 = 0xa1b2_c3d4;
export const REBOOT_HALT = 0xcdef_0123;
export const REBOOT_POWER_OFF = 0x4321_fedc;
export const REBOOT_CAD_ON = 0x89ab_cdef;
export const REBOOT_CAD_OFF = 0;

/** personality(2): only asks; a call leaves its timeout as it was (uapi/linux/personality.h). */
export const PERSONALITY_ASK = 0xffff_ffff;
export const STICKY_TIMEOUTS = 0x0400_0000;
