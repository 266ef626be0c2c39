/**
 * clone3(2): its structure is taken apart and checked here, as Linux does in copy_clone_args_from_
 * user and clone3_args_valid; the rest is the process service's clone.
 */
import { CAP_SYS_ADMIN, hasCapability } from "../abi/capability.js";
import { E2BIG, EFAULT, EINVAL, EPERM } from "../abi/errno.js";
import {
  CLONE_DETACHED,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CSIGNAL,
} from "../abi/process.js";
import { SIGNALS_MAX } from "../abi/signal.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { CLEARS_HANDLERS } from "../services/process/protocol.js";
import type { Operate, Services } from "./row.js";

/** struct clone_args: its first size and the one known here. */
const BYTES_MIN = 64;
const BYTES_MAX = 88;
/** High word of the flags: CLONE_CLEAR_SIGHAND, CLONE_INTO_CGROUP. */
const CLEAR_SIGHAND = 1;
const INTO_CGROUP = 2;
const CLONE_NEWTIME = 0x80;
const LEVELS_MAX = 32;

/** The fields, as numbers; flags as two words. */
interface Arguments {
  readonly flags: number;
  readonly flagsHigh: number;
  readonly pidFd: number;
  readonly childTid: number;
  readonly parentTid: number;
  readonly exitSignal: number;
  readonly stack: number;
  readonly stackBytes: number;
  readonly tls: number;
  readonly ids: number;
  readonly idsCount: number;
}

function parse(view: DataView): Arguments {
  const word = (index: number): number =>
    view.getUint32(8 * index, true) + view.getUint32(8 * index + 4, true) * 2 ** 32;
  return {
    flags: view.getInt32(0, true),
    flagsHigh: view.getUint32(4, true),
    pidFd: word(1),
    childTid: word(2),
    parentTid: word(3),
    exitSignal: word(4),
    stack: word(5),
    stackBytes: word(6),
    tls: word(7),
    ids: word(8),
    idsCount: word(9),
  };
}

/** @returns 0 or -errno, by the rules of clone3(2) */
function refuse(s: Services, t: number, given: Arguments): Result {
  const { flags, flagsHigh } = given;
  if (given.idsCount > LEVELS_MAX || (given.ids === 0) !== (given.idsCount === 0)) return -EINVAL;
  if (given.exitSignal > SIGNALS_MAX) return -EINVAL;
  if ((flagsHigh & ~(CLEAR_SIGHAND | INTO_CGROUP)) !== 0) return -EINVAL;
  if ((flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME))) !== 0) return -EINVAL;
  if ((flags & CLONE_SIGHAND) !== 0 && (flagsHigh & CLEAR_SIGHAND) !== 0) return -EINVAL;
  if ((flags & (CLONE_THREAD | CLONE_PARENT)) !== 0 && given.exitSignal !== 0) return -EINVAL;
  if ((given.stack === 0) !== (given.stackBytes === 0)) return -EINVAL;
  if (given.stack + given.stackBytes > USER_ADDRESS_LIMIT) return -EINVAL;
  const capabilities = s.kernel.attribute(t, ATTRIBUTE.effectiveCapabilities);
  const isRefused = !hasCapability(capabilities, CAP_SYS_ADMIN);
  if (given.idsCount !== 0 || (flags & CLONE_NEWTIME) !== 0) return isRefused ? -EPERM : -EINVAL;
  // There are no control groups.
  return (flagsHigh & INTO_CGROUP) !== 0 ? -EINVAL : 0;
}

/** clone3(2). */
export const cloneWithSize: Operate = (s, t, at, lengthBytes) => {
  if (lengthBytes > PAGE_BYTES) return -E2BIG;
  if (lengthBytes < BYTES_MIN) return -EINVAL;
  const ready = s.prepare(t, at, lengthBytes, ACCESS_READ);
  if (ready === BLOCKED) return BLOCKED;
  if (ready < lengthBytes) return -EFAULT;
  const bytes = new Uint8Array(Math.max(lengthBytes, BYTES_MAX));
  const failed = s.kernel.copyIn(t, at, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  if (bytes.subarray(BYTES_MAX).some((byte) => byte !== 0)) return -E2BIG;
  const given = parse(new DataView(bytes.buffer));
  const refused = refuse(s, t, given);
  if (refused !== 0) return refused;
  return clone(s, t, {
    flags: given.flags | ((given.flagsHigh & CLEAR_SIGHAND) !== 0 ? CLEARS_HANDLERS : 0),
    pidFd: given.pidFd,
    exitSignal: given.exitSignal,
    stack: given.stack + given.stackBytes,
    parentTid: given.parentTid,
    tls: given.tls,
    childTid: given.childTid,
  });
};

/** What the process service's clone takes, and where the pidfd goes (CLONE_PIDFD). */
interface Request {
  readonly flags: number;
  readonly pidFd: number;
  readonly exitSignal: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly tls: number;
  readonly childTid: number;
}

/** A parent's word that cannot be written is left out, as on Linux. */
function clone(s: Services, t: number, request: Request): Result {
  let { flags } = request;
  if ((flags & CLONE_PARENT_SETTID) !== 0 && s.kernel.started(t) === 0) {
    const ready = s.prepare(t, request.parentTid, 4, ACCESS_WRITE);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < 4) flags &= ~CLONE_PARENT_SETTID;
  }
  const isFirst = s.kernel.started(t) === 0;
  const wantsPidFd = (flags & CLONE_PIDFD) !== 0;
  const refused = wantsPidFd && isFirst ? refusePidFd(s, t, flags, request.pidFd) : 0;
  if (refused !== 0) return refused;
  const { exitSignal, stack, parentTid, tls, childTid } = request;
  const result = s.process.clone(t, flags, exitSignal, stack, parentTid, tls, childTid);
  const child = result > 0 ? result : s.kernel.started(t);
  if (wantsPidFd && isFirst && child > 0) storePidFd(s, t, child, request.pidFd);
  return result;
}

/** Everything that could fail about a pidfd is tried before there is a child. */
function refusePidFd(s: Services, t: number, flags: number, at: number): Result {
  if ((flags & (CLONE_THREAD | CLONE_DETACHED)) !== 0) return -EINVAL;
  const ready = s.prepare(t, at, 4, ACCESS_WRITE);
  if (ready === BLOCKED) return BLOCKED;
  if (ready < 4) return -EFAULT;
  const tried = s.file.openProcess(t, s.kernel.attribute(t, ATTRIBUTE.process), 0);
  return tried < 0 ? tried : s.file.close(t, tried);
}

/** The child is there: its pidfd has the descriptor that was free before. */
function storePidFd(s: Services, t: number, child: number, at: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, s.file.openProcess(t, child, 0), true);
  // The fork has taken the write permission of the page since it was checked.
  s.prepare(t, at, 4, ACCESS_WRITE);
  s.kernel.copyOut(t, at, bytes, 0, 4);
}

/** clone(2): the exit signal is in the low byte of the flags; a pidfd goes where the tid would. */
export const cloneWithFlags: Operate = (s, t, flags, stack, parentTid, tls, childTid) => {
  const both = CLONE_PIDFD | CLONE_PARENT_SETTID;
  if ((flags & both) === both) return -EINVAL;
  return clone(s, t, {
    flags: flags & ~CSIGNAL,
    pidFd: parentTid,
    exitSignal: flags & CSIGNAL,
    stack,
    parentTid,
    tls,
    childTid,
  });
};
