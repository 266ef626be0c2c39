/**
 * Descriptors as such: dup, dup3, fcntl with a word, close_range, and the ioctls that concern every
 * file. Other ioctls go down to the file system.
 */
import { EBADF, EINVAL, EMFILE, ENOTTY, EPERM } from "../../abi/errno.js";
import {
  CLOSE_RANGE_CLOEXEC,
  CLOSE_RANGE_UNSHARE,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETOWN,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  FIOASYNC,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
  S_IFCHR,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  anyFile,
  closeSlot,
  copyTable,
  descriptorLimit,
  freeDescriptor,
  install,
  openFile,
} from "./descriptors.js";
import { isOwner } from "./permissions.js";
import { capacityOf, setCapacity } from "./pipe.js";
import { NODE } from "./protocol.js";
import {
  addTable,
  type Core,
  fileSystemOf,
  KIND_PIPE,
  type OpenFile,
  pipeAt,
  setTable,
  tableOf,
} from "./state.js";

/** dup(2) and F_DUPFD: to the lowest free descriptor ≥ from. */
export function duplicate(
  core: Core,
  caller: TaskId,
  descriptor: number,
  from: number,
  flags: number,
): Result {
  const file = anyFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (from < 0 || from >= descriptorLimit(core, caller)) return -EINVAL;
  const target = freeDescriptor(core, caller, from);
  if (target < 0) return target;
  file.references++;
  return install(tableOf(core, caller), target, file, flags);
}

/** dup3(2); dup2 answers equal descriptors itself. */
export function duplicateTo(
  core: Core,
  caller: TaskId,
  from: number,
  to: number,
  flags: number,
): Result {
  if ((flags & ~O_CLOEXEC) !== 0 || from === to) return -EINVAL;
  if (to < 0 || to >= descriptorLimit(core, caller)) return -EBADF;
  const file = anyFile(core, caller, from);
  if (file === undefined) return -EBADF;
  const table = tableOf(core, caller);
  file.references++;
  closeSlot(core, caller, table, to);
  return install(table, to, file, flags);
}

/** close_range(2). */
export function closeRange(
  core: Core,
  caller: TaskId,
  first: number,
  last: number,
  flags: number,
): Result {
  if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0) return -EINVAL;
  if (first >>> 0 > last >>> 0) return -EINVAL;
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0) unshareTable(core, caller);
  const table = tableOf(core, caller);
  const end = Math.min(last >>> 0, table.files.length - 1);
  for (let descriptor = end; descriptor >= first >>> 0; descriptor--) {
    if ((table.files[descriptor] ?? 0) === 0) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) table.flags[descriptor] = FD_CLOEXEC;
    else closeSlot(core, caller, table, descriptor);
  }
  return 0;
}

/** Gives the caller a descriptor table of its own. */
export function unshareTable(core: Core, caller: TaskId): void {
  const table = tableOf(core, caller);
  if (table.references === 1) return;
  table.references--;
  setTable(core, caller, addTable(core, copyTable(core, table)));
}

/** fcntl(2) with a word. @returns what it asks for, or -errno; -EINVAL: no such command */
export function control(
  core: Core,
  caller: TaskId,
  descriptor: number,
  command: number,
  argument: number,
): Result {
  const file = anyFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const table = tableOf(core, caller);
  switch (command) {
    case F_DUPFD:
      return duplicate(core, caller, descriptor, argument, 0);
    case F_DUPFD_CLOEXEC:
      return duplicate(core, caller, descriptor, argument, O_CLOEXEC);
    case F_GETFD:
      return table.flags[descriptor] ?? 0;
    case F_SETFD:
      table.flags[descriptor] = argument & FD_CLOEXEC;
      return 0;
    case F_GETFL:
      return file.flags;
  }
  if (openFile(core, caller, descriptor) === undefined) return -EBADF;
  switch (command) {
    case F_SETFL:
      return setFlags(core, caller, file, argument);
    case F_GETOWN:
      return 0;
    case F_GETPIPE_SZ:
      return file.kind === KIND_PIPE ? capacityOf(pipeAt(core, file.pipe)) : -EBADF;
    case F_SETPIPE_SZ:
      if (file.kind !== KIND_PIPE) return -EBADF;
      return setCapacity(core, caller, pipeAt(core, file.pipe), argument);
    default:
      return -EINVAL;
  }
}

/** F_SETFL: O_APPEND, O_NONBLOCK and O_NOATIME change, others are ignored (fcntl(2)). */
function setFlags(core: Core, caller: TaskId, file: OpenFile, wanted: number): Result {
  const gainsNoAtime = (wanted & O_NOATIME) !== 0 && (file.flags & O_NOATIME) === 0;
  if (gainsNoAtime && file.mount >= 0 && !isOwner(core, caller, file.mount, file.node)) {
    return -EPERM;
  }
  if ((wanted & (O_DIRECT | O_ASYNC)) !== 0) return -EINVAL;
  const settable = O_APPEND | O_NONBLOCK | O_NOATIME;
  file.flags = (file.flags & ~settable) | (wanted & settable);
  return 0;
}

/** ioctl(2). @param lengthBytes 0: the argument is a plain word */
export function ioctl(
  core: Core,
  caller: TaskId,
  descriptor: number,
  request: number,
  argument: number,
  lengthBytes: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const table = tableOf(core, caller);
  switch (request) {
    case FIOCLEX:
      table.flags[descriptor] = FD_CLOEXEC;
      return 0;
    case FIONCLEX:
      table.flags[descriptor] = 0;
      return 0;
    case FIONBIO:
      return setNonblocking(core, caller, file, argument, lengthBytes);
    case FIOASYNC:
      return -EINVAL;
  }
  if (request === FIONREAD && (file.mode & S_IFMT) !== S_IFCHR) {
    return bytesToRead(core, caller, file, argument, lengthBytes);
  }
  if (file.kind === KIND_PIPE || (file.mode & S_IFMT) !== S_IFCHR) return -ENOTTY;
  return fileSystemOf(core, file.mount).ioctl(caller, file.handle, request, argument, lengthBytes);
}

function setNonblocking(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  argument: number,
  lengthBytes: number,
): Result {
  if (lengthBytes < 4) return -EINVAL;
  const bytes = new Uint8Array(4);
  const failed = core.kernel.copyIn(caller, argument, bytes, 0, 4);
  if (failed < 0) return failed;
  const on = bytes.some((byte) => byte !== 0);
  file.flags = on ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
  return 0;
}

function bytesToRead(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  argument: number,
  lengthBytes: number,
): Result {
  if (lengthBytes < 4) return -EINVAL;
  let count: number;
  if (file.kind === KIND_PIPE) count = pipeAt(core, file.pipe).length;
  else if ((file.mode & S_IFMT) !== S_IFREG) return -ENOTTY;
  else {
    const size = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.sizeBytes);
    count = Math.max(0, size - file.position);
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, Math.min(count, 2 ** 31 - 1), true);
  return core.kernel.copyOut(caller, argument, bytes, 0, 4);
}

/** Whether a descriptor may be put there at all (openAt). @returns 0 or -EMFILE */
export function checkSlot(core: Core, caller: TaskId, descriptor: number): Result {
  if (caller === 0) return 0;
  return descriptor < descriptorLimit(core, caller) ? 0 : -EMFILE;
}
