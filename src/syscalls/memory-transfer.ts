/**
 * process_vm_readv(2) and process_vm_writev(2): both vectors are read, then the bytes go piece by
 * piece; who may do it is decided as for ptrace (kernel/ptrace.c: __ptrace_may_access with real
 * credentials).
 */
import { CAP_SYS_PTRACE, hasCapability } from "../abi/capability.js";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import { ACCESS_READ, ACCESS_WRITE, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import type { Operate, Services } from "./row.js";

/** Most elements of a vector (UIO_MAXIOV). */
const VECTOR_MAX = 1024;
const IOVEC_BYTES = 16;

interface Piece {
  address: number;
  lengthBytes: number;
}

/** Whether the caller may look into the task: the same user and group in all their ids, and not a
 * program that gained rights; or CAP_SYS_PTRACE. */
function mayTrace(s: Services, caller: number, task: number): boolean {
  const of = (id: number, attribute: number): number => s.kernel.attribute(id, attribute);
  if (of(caller, ATTRIBUTE.process) === of(task, ATTRIBUTE.process)) return true;
  if (hasCapability(of(caller, ATTRIBUTE.effectiveCapabilities), CAP_SYS_PTRACE)) return true;
  const user = of(caller, ATTRIBUTE.userId);
  const group = of(caller, ATTRIBUTE.groupId);
  const users = [ATTRIBUTE.userId, ATTRIBUTE.effectiveUserId, ATTRIBUTE.savedUserId];
  const groups = [ATTRIBUTE.groupId, ATTRIBUTE.effectiveGroupId, ATTRIBUTE.savedGroupId];
  return (
    users.every((attribute) => of(task, attribute) === user) &&
    groups.every((attribute) => of(task, attribute) === group) &&
    of(task, ATTRIBUTE.dumpable) === 1
  );
}

/** Reads an array of struct iovec. @returns 0, -EINVAL, -EFAULT, -ENOMEM or BLOCKED */
function readVector(
  s: Services,
  caller: number,
  address: number,
  count: number,
  pieces: Piece[],
): Result {
  if (!(count >= 0 && count <= VECTOR_MAX)) return -EINVAL;
  const lengthBytes = count * IOVEC_BYTES;
  const ready = s.prepare(caller, address, lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  const bytes = new Uint8Array(lengthBytes);
  const failed = s.kernel.copyIn(caller, address, bytes, 0, lengthBytes);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  const word = (at: number): number =>
    view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32;
  for (let at = 0; at < lengthBytes; at += IOVEC_BYTES) {
    const length = word(at + 8);
    if (length < 0) return -EINVAL;
    const start = word(at);
    const isUser = start >= 0 && start < USER_ADDRESS_LIMIT;
    pieces.push({ address: isUser ? start : 2 * USER_ADDRESS_LIMIT, lengthBytes: length });
  }
  return 0;
}

/** The caller's pieces and the other task's, in step. @returns bytes moved, or -errno */
function move(
  s: Services,
  caller: number,
  task: number,
  local: readonly Piece[],
  remote: readonly Piece[],
  writes: boolean,
): Result {
  let total = 0;
  let index = 0;
  let used = 0;
  for (const { address, lengthBytes } of remote) {
    for (let done = 0; done < lengthBytes; ) {
      const piece = local[index];
      if (piece === undefined) return total;
      const left = Math.min(lengthBytes - done, piece.lengthBytes - used);
      if (left === 0) {
        index++;
        used = 0;
        continue;
      }
      const at = piece.address + used;
      const access = writes ? ACCESS_READ : ACCESS_WRITE;
      const wanted = Math.min(left, RANGE_BYTES_MAX);
      const ready = s.prepare(caller, at, wanted, access);
      if (ready < 0) return total > 0 ? total : ready;
      const moved = writes
        ? s.memory.writeTask(caller, task, address + done, at, ready)
        : s.memory.readTask(caller, task, address + done, at, ready);
      if (moved < 0) return total > 0 ? total : moved;
      total += moved;
      done += moved;
      used += moved;
      if (moved < ready) return total;
    }
  }
  return total;
}

function transfer(
  s: Services,
  caller: number,
  words: readonly [number, number, number, number, number, number],
  writes: boolean,
): Result {
  const [task, localAt, localCount, remoteAt, remoteCount, flags] = words;
  if (flags !== 0) return -EINVAL;
  const local: Piece[] = [];
  const remote: Piece[] = [];
  let failed = readVector(s, caller, localAt, localCount, local);
  if (failed !== 0) return failed;
  if (!local.some(({ lengthBytes }) => lengthBytes > 0)) return 0;
  failed = readVector(s, caller, remoteAt, remoteCount, remote);
  if (failed !== 0) return failed;
  if (!remote.some(({ lengthBytes }) => lengthBytes > 0)) return 0;
  if (s.kernel.exists(task) !== 1) return -ESRCH;
  if (!mayTrace(s, caller, task)) return -EPERM;
  return move(s, caller, task, local, remote, writes);
}

/** process_vm_readv: from the task to the caller. */
export const readProcess: Operate = (s, t, task, at, count, remoteAt, remoteCount, flags) =>
  transfer(s, t, [task, at, count, remoteAt, remoteCount, flags], false);

/** process_vm_writev: from the caller to the task. */
export const writeProcess: Operate = (s, t, task, at, count, remoteAt, remoteCount, flags) =>
  transfer(s, t, [task, at, count, remoteAt, remoteCount, flags], true);
