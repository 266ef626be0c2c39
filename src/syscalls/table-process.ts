/**
 * Rows of processes, threads, programs, signals, identities and limits.
 */
import { EINVAL } from "../abi/errno.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import { INTERRUPT, NEVER } from "../kernel/upcalls.js";
import {
  RUSAGE_BYTES,
  SET_IDENTITY,
  SIGACTION_BYTES,
  SIGINFO_BYTES,
} from "../services/process/protocol.js";
import {
  address,
  descriptor,
  flags,
  int,
  long,
  optional,
  path,
  size,
  structIn,
  structOut,
  unsigned,
} from "./arguments.js";
import { cloneWithFlags } from "./clone-calls.js";
import { execute, executeAt } from "./execute.js";
import { blocks, row } from "./make-row.js";
import { waitForId } from "./pidfd-calls.js";
import { exit, exitGroup, getGroups, setGroups, signalTimedWait } from "./process-calls.js";
import type { Operate, Row } from "./row.js";

/** A set of signals, 8 bytes; other sizes are refused with EINVAL, as Linux does. */
const SET_BYTES = 8;

const attribute =
  (which: number): Operate =>
  (s, t) =>
    s.kernel.attribute(t, which);

const setIdentity =
  (which: number): Operate =>
  (s, t, first, second, third) =>
    s.process.setIdentity(t, which, first, second, third);

const PROCESS_ROWS: readonly Row[] = [
  row(93, "exit", [int], exit),
  row(94, "exit_group", [int], exitGroup),
  blocks(row(95, "waitid", [int, int, address, int, address], waitForId)),
  row(96, "set_tid_address", [address], (s, t, at) => s.process.setClearChildTid(t, at)),
  row(99, "set_robust_list", [address, size], (s, t, at, length) =>
    s.process.setRobustList(t, at, length),
  ),
  row(154, "setpgid", [int, int], (s, t, process, group) => s.process.setGroup(t, process, group)),
  row(155, "getpgid", [int], (s, t, process) => s.process.getGroup(t, process)),
  row(156, "getsid", [int], (s, t, process) => s.process.getSession(t, process)),
  row(157, "setsid", [], (s, t) => s.process.newSession(t)),
  row(163, "getrlimit", [unsigned, structOut("rlimit", 16)], (s, t, resource, at) =>
    s.process.limit(t, 0, resource, 0, at),
  ),
  row(164, "setrlimit", [unsigned, structIn("rlimit", 16)], (s, t, resource, at) =>
    s.process.limit(t, 0, resource, at, 0),
  ),
  row(165, "getrusage", [int, structOut("rusage", RUSAGE_BYTES)], (s, t, who, at) =>
    s.process.usage(t, who, at),
  ),
  row(153, "times", [optional(structOut("tms", 32))], (s, t, at) => s.process.times(t, at)),
  row(172, "getpid", [], attribute(ATTRIBUTE.process)),
  row(173, "getppid", [], attribute(ATTRIBUTE.parent)),
  row(178, "gettid", [], (_s, t) => t),
  blocks(row(220, "clone", [long, address, address, address, address], cloneWithFlags)),
  row(221, "execve", [path, address, address], execute),
  row(281, "execveat", [descriptor, path, address, address, flags], executeAt),
  blocks(
    row(260, "wait4", [int, address, int, address], (s, t, which, status, options, usage) =>
      s.process.wait(t, which, status, options, usage),
    ),
  ),
  row(
    261,
    "prlimit64",
    [int, unsigned, optional(structIn("rlimit", 16)), optional(structOut("rlimit", 16))],
    (s, t, process, resource, limit, old) => s.process.limit(t, process, resource, limit, old),
  ),
];

const SIGNAL_ROWS: readonly Row[] = [
  row(129, "kill", [int, int], (s, t, which, signal) => s.process.kill(t, which, signal)),
  row(130, "tkill", [int, int], (s, t, thread, signal) =>
    s.process.killThread(t, -1, thread, signal),
  ),
  row(131, "tgkill", [int, int, int], (s, t, process, thread, signal) =>
    process <= 0 ? -EINVAL : s.process.killThread(t, process, thread, signal),
  ),
  row(
    132,
    "sigaltstack",
    [optional(structIn("stack_t", 24)), optional(structOut("stack_t", 24))],
    (s, t, stack, old) => s.process.signalStack(t, stack, old),
  ),
  blocks(
    row(133, "rt_sigsuspend", [structIn("sigset", SET_BYTES), size], (s, t, set, length) => {
      if (length !== SET_BYTES) return -EINVAL;
      const bytes = new Uint8Array(SET_BYTES);
      const failed = s.kernel.copyIn(t, set, bytes, 0, SET_BYTES);
      if (failed < 0) return failed;
      const view = new DataView(bytes.buffer);
      return s.process.signalSuspend(t, view.getInt32(0, true), view.getInt32(4, true));
    }),
    INTERRUPT,
  ),
  row(
    134,
    "rt_sigaction",
    [
      int,
      optional(structIn("sigaction", SIGACTION_BYTES)),
      optional(structOut("sigaction", SIGACTION_BYTES)),
      size,
    ],
    (s, t, signal, action, old, length) =>
      length !== SET_BYTES ? -EINVAL : s.process.signalAction(t, signal, action, old),
  ),
  row(
    135,
    "rt_sigprocmask",
    [int, optional(structIn("sigset", SET_BYTES)), optional(structOut("sigset", SET_BYTES)), size],
    (s, t, how, set, old, length) =>
      length !== SET_BYTES ? -EINVAL : s.process.signalMask(t, how, set, old),
  ),
  row(136, "rt_sigpending", [structOut("sigset", SET_BYTES), size], (s, t, set, length) =>
    length > SET_BYTES ? -EINVAL : s.process.signalPending(t, set),
  ),
  blocks(
    row(
      137,
      "rt_sigtimedwait",
      [
        structIn("sigset", SET_BYTES),
        optional(structOut("siginfo", SIGINFO_BYTES)),
        optional(structIn("timespec", 16)),
        size,
      ],
      signalTimedWait,
    ),
    NEVER,
  ),
  row(
    138,
    "rt_sigqueueinfo",
    [int, int, structIn("siginfo", SIGINFO_BYTES)],
    (s, t, process, signal, info) => s.process.queueSignal(t, process, 0, signal, info),
  ),
  row(139, "rt_sigreturn", [], (s, t) => s.process.signalReturn(t)),
  row(
    240,
    "rt_tgsigqueueinfo",
    [int, int, int, structIn("siginfo", SIGINFO_BYTES)],
    (s, t, process, thread, signal, info) =>
      process <= 0 || thread <= 0
        ? -EINVAL
        : s.process.queueSignal(t, process, thread, signal, info),
  ),
];

const IDENTITY_ROWS: readonly Row[] = [
  row(143, "setregid", [int, int], setIdentity(SET_IDENTITY.realEffectiveGroup)),
  row(144, "setgid", [int], setIdentity(SET_IDENTITY.groupId)),
  row(145, "setreuid", [int, int], setIdentity(SET_IDENTITY.realEffectiveUser)),
  row(146, "setuid", [int], setIdentity(SET_IDENTITY.userId)),
  row(147, "setresuid", [int, int, int], setIdentity(SET_IDENTITY.realEffectiveSavedUser)),
  row(148, "getresuid", threeWords("uid"), (s, t, real, effective, saved) =>
    s.process.getIdentity(t, 0, real, effective, saved),
  ),
  row(149, "setresgid", [int, int, int], setIdentity(SET_IDENTITY.realEffectiveSavedGroup)),
  row(150, "getresgid", threeWords("gid"), (s, t, real, effective, saved) =>
    s.process.getIdentity(t, 1, real, effective, saved),
  ),
  row(151, "setfsuid", [int], setIdentity(SET_IDENTITY.fileSystemUser)),
  row(152, "setfsgid", [int], setIdentity(SET_IDENTITY.fileSystemGroup)),
  row(158, "getgroups", [int, address], getGroups),
  row(159, "setgroups", [int, address], setGroups),
  row(174, "getuid", [], attribute(ATTRIBUTE.userId)),
  row(175, "geteuid", [], attribute(ATTRIBUTE.effectiveUserId)),
  row(176, "getgid", [], attribute(ATTRIBUTE.groupId)),
  row(177, "getegid", [], attribute(ATTRIBUTE.effectiveGroupId)),
];

function threeWords(name: string): ReturnType<typeof structOut>[] {
  return [structOut(name, 4), structOut(name, 4), structOut(name, 4)];
}

export const PROCESS_TABLE: readonly Row[] = Object.freeze([
  ...PROCESS_ROWS,
  ...SIGNAL_ROWS,
  ...IDENTITY_ROWS,
]);
