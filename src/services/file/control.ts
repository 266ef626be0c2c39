/**
 * Descriptors as such: dup, dup3, fcntl with a word, close_range, and the ioctls that concern every
 * file. Other ioctls go down to the file system.
 */
import { CAP_LINUX_IMMUTABLE } from "../../abi/capability.js";
import {
  EBADF,
  EINVAL,
  EMFILE,
  ENOMEM,
  ENOTDIR,
  ENOTTY,
  EOPNOTSUPP,
  EPERM,
} from "../../abi/errno.js";
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
  F_SETOWN,
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
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../abi/file.js";
import {
  F_CREATED_QUERY,
  F_DUPFD_QUERY,
  F_GETLEASE,
  F_GETSIG,
  F_NOTIFY,
  F_SETLEASE,
  F_SETSIG,
  FIGETBSZ,
  FS_APPEND_FL,
  FS_IMMUTABLE_FL,
  FS_IOC_GETFLAGS,
  FS_IOC_SETFLAGS,
  FS_NOATIME_FL,
  FS_NODUMP_FL,
} from "../../abi/file-data.js";
import { DN_MULTISHOT } from "../../abi/inotify.js";
import { F_ADD_SEALS, F_GET_SEALS } from "../../abi/memory-file.js";
import { TIOCGPTPEER } from "../../abi/termios.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  anyFile,
  closeSlot,
  copyTable,
  descriptorLimit,
  freeDescriptor,
  hasSlot,
  install,
  openFile,
} from "./descriptors.js";
import { leaseOf, setLease } from "./leases.js";
import { addSeals, sealsOf } from "./memory-files.js";
import { unreadBytes } from "./notifier.js";
import { stopSignals } from "./notify.js";
import { openPeer } from "./peer.js";
import { isCapable, isOwner } from "./permissions.js";
import { capacityOf, setCapacity } from "./pipe.js";
import { NODE } from "./protocol.js";
import { setAsynchronous, setOwner } from "./signal-owner.js";
import {
  addTable,
  type Core,
  fileSystemOf,
  KIND_PIPE,
  nodeKey,
  type OpenFile,
  pipeAt,
  setTable,
  tableOf,
} from "./state.js";

/** Highest signal number (_NSIG). */
const SIGNALS_MAX = 64;
const BLOCK_BYTES = 4096;

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
  if (!hasSlot(core, table, to)) return -ENOMEM;
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
  setTable(core, caller, addTable(core, copyTable(core, caller, table)));
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
    case F_DUPFD_QUERY: {
      const other = anyFile(core, caller, argument);
      if (other === undefined) return -EBADF;
      return other === file ? 1 : 0;
    }
  }
  if (openFile(core, caller, descriptor) === undefined) return -EBADF;
  switch (command) {
    case F_SETFL:
      return setFlags(core, caller, file, descriptor, argument);
    case F_SETOWN:
      return setOwner(core, caller, file, argument, false);
    case F_GETOWN:
      return file.owner;
    case F_SETSIG:
      if (!(argument >= 0 && argument <= SIGNALS_MAX)) return -EINVAL;
      file.signal = argument;
      return 0;
    case F_GETSIG:
      return file.signal;
    case F_SETLEASE:
      return setLease(core, caller, file, descriptor, argument);
    case F_GETLEASE:
      return leaseOf(core, file);
    case F_CREATED_QUERY:
      return file.created ? 1 : 0;
    case F_NOTIFY:
      return notifyDirectory(core, caller, file, descriptor, argument);
    case F_ADD_SEALS:
      return addSeals(core, caller, file, argument);
    case F_GET_SEALS:
      return sealsOf(core, caller, file);
    case F_GETPIPE_SZ:
      return file.kind === KIND_PIPE ? capacityOf(pipeAt(core, file.pipe)) : -EBADF;
    case F_SETPIPE_SZ:
      if (file.kind !== KIND_PIPE) return -EBADF;
      return setCapacity(core, caller, pipeAt(core, file.pipe), argument);
    default:
      return -EINVAL;
  }
}

/** F_NOTIFY: signals for what happens in a directory (fcntl(2)); 0 ends them. */
function notifyDirectory(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  descriptor: number,
  wanted: number,
): Result {
  if ((file.mode & S_IFMT) !== S_IFDIR || file.mount < 0) return -ENOTDIR;
  stopSignals(core, file);
  if ((wanted & ~DN_MULTISHOT) === 0) return 0;
  if (file.owner === 0) setOwner(core, caller, file, callerProcess(core, caller), false);
  file.ownerDescriptor = descriptor;
  const key = nodeKey(core, file.mount, file.node);
  const entries = core.state.noticed.get(key) ?? [];
  core.state.noticed.set(key, [...entries, { file: file.id, watch: 0 }]);
  core.state.directorySignals.set(file.id, wanted);
  return 0;
}

const callerProcess = (core: Core, caller: TaskId): number =>
  core.kernel.attribute(caller, ATTRIBUTE.process);

/** F_SETFL: O_APPEND, O_NONBLOCK and O_NOATIME change, others are ignored (fcntl(2)). */
function setFlags(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  descriptor: number,
  wanted: number,
): Result {
  const gainsNoAtime = (wanted & O_NOATIME) !== 0 && (file.flags & O_NOATIME) === 0;
  if (gainsNoAtime && file.mount >= 0 && !isOwner(core, caller, file.mount, file.node)) {
    return -EPERM;
  }
  const type = file.mode & S_IFMT;
  if ((wanted & O_DIRECT) !== 0 && type !== S_IFREG && type !== S_IFIFO) return -EINVAL;
  const held = heldFlags(core, caller, file);
  if ((held & FS_APPEND_FL) !== 0 && (wanted & O_APPEND) === 0) return -EPERM;
  let settable = O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT;
  // Only what becomes ready later signals that it is.
  if (type !== S_IFREG && type !== S_IFDIR) {
    settable |= O_ASYNC;
    setAsynchronous(core, file, descriptor, (wanted & O_ASYNC) !== 0);
  }
  file.flags = (file.flags & ~settable) | (wanted & settable);
  return 0;
}

/** FS_*_FL of the file's node; 0: it has none. */
function heldFlags(core: Core, caller: TaskId, file: OpenFile): number {
  if (file.mount < 0) return 0;
  return Math.max(0, fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.flags));
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
      return changeAsynchronous(core, caller, file, descriptor, argument, lengthBytes);
    case FIGETBSZ:
      return blockSize(core, caller, file, argument, lengthBytes);
    case FS_IOC_GETFLAGS:
    case FS_IOC_SETFLAGS:
      return inodeFlags(core, caller, file, request, argument, lengthBytes);
  }
  const type = file.mode & S_IFMT;
  const isServed = type === S_IFCHR || type === S_IFSOCK;
  if (request === FIONREAD && !isServed) {
    return bytesToRead(core, caller, file, argument, lengthBytes);
  }
  if (file.kind === KIND_PIPE || !isServed) return -ENOTTY;
  if (request === TIOCGPTPEER) return openPeer(core, caller, file, argument);
  return fileSystemOf(core, file.mount).ioctl(caller, file.handle, request, argument, lengthBytes);
}

/** The int of a request. @returns 1: it is not 0, 0, or -errno */
function readSwitch(core: Core, caller: TaskId, argument: number, lengthBytes: number): Result {
  if (lengthBytes < 4) return -EINVAL;
  const bytes = new Uint8Array(4);
  const failed = core.kernel.copyIn(caller, argument, bytes, 0, 4);
  if (failed < 0) return failed;
  return bytes.some((byte) => byte !== 0) ? 1 : 0;
}

/** FIONBIO: O_NONBLOCK by an int (ioctl(2)). */
function setNonblocking(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  argument: number,
  lengthBytes: number,
): Result {
  const on = readSwitch(core, caller, argument, lengthBytes);
  if (on < 0) return on;
  file.flags = on === 1 ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
  return 0;
}

/** FIOASYNC: O_ASYNC by an int (ioctl(2)). */
function changeAsynchronous(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  descriptor: number,
  argument: number,
  lengthBytes: number,
): Result {
  const word = readSwitch(core, caller, argument, lengthBytes);
  if (word < 0) return word;
  const type = file.mode & S_IFMT;
  const on = word === 1;
  if (type === S_IFREG || type === S_IFDIR) return on ? -ENOTTY : 0;
  setAsynchronous(core, file, descriptor, on);
  file.flags = on ? file.flags | O_ASYNC : file.flags & ~O_ASYNC;
  return 0;
}

/** FIGETBSZ: the block size of the file system. */
function blockSize(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  argument: number,
  lengthBytes: number,
): Result {
  if (file.mount < 0) return -EINVAL;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, BLOCK_BYTES, true);
  return lengthBytes < 4 ? -EINVAL : core.kernel.copyOut(caller, argument, bytes, 0, 4);
}

/** FS_IOC_GETFLAGS, FS_IOC_SETFLAGS (ioctl_iflags(2)): what tmpfs has of them. */
function inodeFlags(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  request: number,
  argument: number,
  lengthBytes: number,
): Result {
  const type = file.mode & S_IFMT;
  if (file.mount < 0 || (type !== S_IFREG && type !== S_IFDIR)) return -ENOTTY;
  const fileSystem = fileSystemOf(core, file.mount);
  const old = fileSystem.attribute(caller, file.node, NODE.flags);
  if (old < 0) return -ENOTTY;
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  if (lengthBytes < 4) return -EINVAL;
  if (request === FS_IOC_GETFLAGS) {
    view.setUint32(0, old, true);
    return core.kernel.copyOut(caller, argument, bytes, 0, 4);
  }
  const failed = core.kernel.copyIn(caller, argument, bytes, 0, 4);
  if (failed < 0) return failed;
  if (!isOwner(core, caller, file.mount, file.node)) return -EPERM;
  const wanted = view.getUint32(0, true);
  const changeable = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL;
  if ((wanted & ~changeable) !== 0) return -EOPNOTSUPP;
  const guarded = (old ^ wanted) & (FS_IMMUTABLE_FL | FS_APPEND_FL);
  if (guarded !== 0 && !isCapable(core, caller, CAP_LINUX_IMMUTABLE)) return -EPERM;
  return fileSystem.setAttribute(caller, file.node, NODE.flags, wanted);
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
  const notifier = core.state.notifiers.get(file.id);
  if (notifier !== undefined) count = unreadBytes(notifier);
  else if (file.kind === KIND_PIPE) count = pipeAt(core, file.pipe).length;
  else if ((file.mode & S_IFMT) !== S_IFREG) return -ENOTTY;
  else {
    const size = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.sizeBytes);
    if (size < 0) return size;
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
