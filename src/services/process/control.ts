/**
 * prctl(2) but for names, and what else a thread may choose about itself: personality(2),
 * unshare(2). An option that is not here is EINVAL, which is what programs expect of an older
 * system.
 */
import { CAP_SYS_ADMIN, SECURE_KEEP_CAPS } from "../../abi/capability.js";
import { EINVAL, EPERM } from "../../abi/errno.js";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_NAMESPACES,
  CLONE_NEWUSER,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
  PERSONALITY_ASK,
  PR_CAP_AMBIENT,
  PR_CAPBSET_DROP,
  PR_CAPBSET_READ,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_KEEPCAPS,
  PR_GET_NO_NEW_PRIVS,
  PR_GET_PDEATHSIG,
  PR_GET_SECCOMP,
  PR_GET_SECUREBITS,
  PR_GET_TID_ADDRESS,
  PR_GET_TIMERSLACK,
  PR_GET_TIMING,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_KEEPCAPS,
  PR_SET_MM,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  PR_SET_TIMERSLACK,
  PR_SET_TIMING,
} from "../../abi/process.js";
import { SIGNALS_MAX } from "../../abi/signal.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  ambient,
  boundingDrop,
  boundingRead,
  setKeepCapabilities,
  setSecureBits,
} from "./capabilities.js";
import { type Context, isCapable } from "./context.js";
import { setLayout } from "./layout-control.js";
import { setDumpable, setNoNewPrivileges } from "./published.js";
import type { ProcessRecord, ThreadRecord } from "./state.js";

/** Words of prctl(2) behind the option. */
export type ControlWords = readonly [number, number, number, number];

const areZero = (words: readonly number[]): boolean => words.every((word) => word === 0);

/** prctl(2). Options that store what they answer have it stored by the system-call layer. */
export function control(
  context: Context,
  caller: TaskId,
  option: number,
  words: ControlWords,
): Result {
  const [word, second, third, fourth] = words;
  switch (option) {
    case PR_GET_KEEPCAPS:
      return (context.thread(caller).secureBits & SECURE_KEEP_CAPS) !== 0 ? 1 : 0;
    case PR_SET_KEEPCAPS:
      return setKeepCapabilities(context, caller, word);
    case PR_GET_SECUREBITS:
      return context.thread(caller).secureBits;
    case PR_SET_SECUREBITS:
      return setSecureBits(context, caller, word);
    case PR_CAPBSET_READ:
      return boundingRead(context, caller, word);
    case PR_CAPBSET_DROP:
      return boundingDrop(context, caller, word);
    case PR_CAP_AMBIENT:
      return areZero([third, fourth]) ? ambient(context, caller, word, second) : -EINVAL;
    case PR_GET_TIMERSLACK:
      return context.thread(caller).timerSlackNanoseconds;
    case PR_SET_MM:
      return setLayout(context, caller, words);
    case PR_SET_TIMERSLACK:
      return setTimerSlack(context.thread(caller), word);
    case PR_GET_TID_ADDRESS:
      return context.thread(caller).clearChildTid;
    // There is one way to account for time, and no filter of system calls.
    case PR_GET_TIMING:
    case PR_GET_SECCOMP:
      return 0;
    case PR_SET_TIMING:
      return word === 0 ? 0 : -EINVAL;
    default:
      return controlProcess(context, context.own(caller), option, words);
  }
}

/** PR_SET_TIMERSLACK: 0 goes back to what the maker had. */
function setTimerSlack(thread: ThreadRecord, nanoseconds: number): Result {
  thread.timerSlackNanoseconds =
    nanoseconds > 0 ? nanoseconds : thread.timerSlackDefaultNanoseconds;
  return 0;
}

/** Options about the process as a whole. */
function controlProcess(
  context: Context,
  process: ProcessRecord,
  option: number,
  words: ControlWords,
): Result {
  const [word, ...rest] = words;
  switch (option) {
    case PR_SET_PDEATHSIG:
      if (!(word >= 0 && word <= SIGNALS_MAX)) return -EINVAL;
      process.parentDeathSignal = word;
      return 0;
    case PR_GET_PDEATHSIG:
      return process.parentDeathSignal;
    case PR_GET_DUMPABLE:
      return process.dumpable;
    case PR_SET_DUMPABLE:
      if (word !== 0 && word !== 1) return -EINVAL;
      setDumpable(context, process, word);
      return 0;
    case PR_SET_CHILD_SUBREAPER:
      process.isSubreaper = word !== 0;
      return 0;
    case PR_GET_CHILD_SUBREAPER:
      return process.isSubreaper ? 1 : 0;
    case PR_SET_NO_NEW_PRIVS:
      if (word !== 1 || !areZero(rest)) return -EINVAL;
      setNoNewPrivileges(context, process);
      return 0;
    case PR_GET_NO_NEW_PRIVS:
      return areZero(words) ? process.noNewPrivileges : -EINVAL;
    default:
      return -EINVAL;
  }
}

/** personality(2): kept and inherited; who goes by it asks (STICKY_TIMEOUTS). */
export function personality(context: Context, caller: TaskId, wanted: number): Result {
  const thread = context.thread(caller);
  const old = thread.personality;
  if (wanted !== PERSONALITY_ASK) thread.personality = wanted;
  return old;
}

const UNSHARABLE = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;

/** unshare(2). There are no namespaces: those who could make one get EINVAL, others EPERM. */
export function unshare(context: Context, caller: TaskId, flags: number): Result {
  if ((flags & ~(UNSHARABLE | CLONE_NAMESPACES)) !== 0) return -EINVAL;
  const { kernel, services } = context;
  if ((flags & CLONE_NAMESPACES) !== 0) {
    const needsRight = (flags & CLONE_NAMESPACES) !== CLONE_NEWUSER;
    return needsRight && !isCapable(kernel, caller, CAP_SYS_ADMIN) ? -EPERM : -EINVAL;
  }
  if ((flags & (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)) !== 0) {
    if (context.threadsOf(context.own(caller).id).length > 1) return -EINVAL;
  }
  return services.file.unshare(caller, flags & (CLONE_FS | CLONE_FILES));
}
