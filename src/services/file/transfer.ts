/**
 * Bytes through open files: read, write, lseek, getdents64, truncate. One call moves at
 * most RANGE_BYTES_MAX; the system-call layer goes on.
 */
import {
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ESPIPE,
  ETXTBSY,
} from "../../abi/errno.js";
import {
  getInteger64,
  O_APPEND,
  O_NONBLOCK,
  O_WRONLY,
  OFFSET_MAX,
  RLIMIT_FSIZE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../../abi/file.js";
import {
  FS_APPEND_FL,
  RWF_APPEND,
  RWF_DSYNC,
  RWF_HIPRI,
  RWF_NOAPPEND,
  RWF_NOWAIT,
  RWF_SYNC,
} from "../../abi/file-data.js";
import { IN_ACCESS, IN_MODIFY } from "../../abi/inotify.js";
import { SI_USER, SIGXFSZ } from "../../abi/signal.js";
import { ATTRIBUTE, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { isStreamDevice } from "../fs-dev/protocol.js";
import { hasFileText } from "../fs-proc/protocol.js";
import { isExecuted } from "./busy.js";
import { isReadable, isWritable, openFile } from "./descriptors.js";
import { breakLeases } from "./leases.js";
import { giveText } from "./link-texts.js";
import { isProc, listDescriptors } from "./links.js";
import { accessFlags } from "./mounts.js";
import { readEvents } from "./notifier.js";
import { notice, noticeFile, type Subject } from "./notify.js";
import {
  checkAccess,
  checkWritable,
  dropPrivileges,
  inodeFlags,
  isFrozen,
  MAY_WRITE,
} from "./permissions.js";
import { readPipe, writePipe } from "./pipe.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, KIND_PIPE, type OpenFile } from "./state.js";
import { FOLLOW, namedOf, walkPath } from "./walk.js";

/** The call's slot with 1 once it wrote to a regular file. */
const SLOT_WRITTEN = 7;

const typeOf = (file: OpenFile): number => file.mode & S_IFMT;

/** read(2), pread(2). @param offset -1: at the file's position */
export function read(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  offset: number,
): Result {
  return readWith(core, caller, descriptor, buffer, lengthBytes, offset, 0);
}

/** What read(2) and write(2) at an offset refuse. @param may the file is open for that */
function checkOffset(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  offset: number,
  may: boolean,
): Result {
  if (offset >= 0 && (file.kind === KIND_PIPE || !hasOffsets(core, caller, file))) return -ESPIPE;
  if (!may) return -EBADF;
  return offset < -1 ? -EINVAL : 0;
}

/** preadv2(2): read with flags. @param flags RWF_* */
export function readWith(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  offset: number,
  flags: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const refused = checkOffset(core, caller, file, offset, isReadable(file));
  if (refused < 0) return refused;
  const more = flags === 0 ? 0 : readFlags(core, caller, file, flags);
  return more < 0 ? more : readFile(core, caller, file, buffer, lengthBytes, offset, more);
}

/**
 * Reads from an open file.
 * @param offset -1: at the file's position
 * @param moreFlags O_NONBLOCK: this read does not wait
 */
export function readFile(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
  offset: number,
  moreFlags = 0,
): Result {
  const flags = (file.mount < 0 ? file.flags : accessFlags(core, file)) | moreFlags;
  if (file.kind === KIND_PIPE) {
    return readPipe(core, caller, file, buffer, lengthBytes, flags);
  }
  if (typeOf(file) === S_IFDIR) return -EISDIR;
  const { notifiers } = core.state;
  const notifier = notifiers.size === 0 ? undefined : notifiers.get(file.id);
  if (notifier !== undefined) return readEvents(core, caller, notifier, buffer, lengthBytes, flags);
  const at = offset === -1 ? file.position : offset;
  if (at === 0 && isProc(core, file.mount) && hasFileText(file.node)) {
    const failed = giveText(core, caller, file);
    if (failed < 0) return failed;
  }
  const fileSystem = fileSystemOf(core, file.mount);
  const done = fileSystem.read(caller, file.handle, at, buffer, lengthBytes, flags);
  if (done > 0 && offset === -1) file.position = at + done;
  if (done > 0) noticeFile(core, file, IN_ACCESS);
  return done;
}

/** O_* flags that the RWF_* flags of one call stand for. @returns them, or -EOPNOTSUPP, -EINVAL */
function readFlags(core: Core, caller: TaskId, file: OpenFile, flags: number): Result {
  const known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND;
  if ((flags & ~known) !== 0) return -EOPNOTSUPP;
  if ((flags & (RWF_APPEND | RWF_NOAPPEND)) === (RWF_APPEND | RWF_NOAPPEND)) return -EINVAL;
  if ((flags & RWF_NOWAIT) === 0) return 0;
  // Linux has non-blocking reads of pipes and sockets, and of file systems that tmpfs is none of.
  const waits = file.kind === KIND_PIPE || !hasOffsets(core, caller, file);
  return waits ? O_NONBLOCK : -EOPNOTSUPP;
}

/** Whether pread and pwrite work: not on terminals, sockets and the like. */
export function hasOffsets(core: Core, caller: TaskId, file: OpenFile): boolean {
  const type = typeOf(file);
  if (type === S_IFREG || type === S_IFDIR || type === S_IFBLK) return true;
  return type === S_IFCHR && !isStream(core, caller, file);
}

/** write(2), pwrite(2). @param offset -1: at the file's position, or its end with O_APPEND */
export function write(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  offset: number,
): Result {
  return writeWith(core, caller, descriptor, buffer, lengthBytes, offset, 0);
}

/** pwritev2(2): write with flags. @param flags RWF_* */
export function writeWith(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  offset: number,
  flags: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const refused = checkOffset(core, caller, file, offset, isWritable(file));
  if (refused < 0) return refused;
  let more = 0;
  if (flags !== 0) {
    more = readFlags(core, caller, file, flags);
    if (more < 0) return more;
    if ((flags & RWF_APPEND) !== 0) more |= O_APPEND;
  }
  const drop = (flags & RWF_NOAPPEND) !== 0 ? O_APPEND : 0;
  return writeFile(core, caller, file, buffer, lengthBytes, offset, more, drop);
}

/**
 * Writes to an open file.
 * @param offset -1: at the file's position
 * @param moreFlags, lessFlags O_* of this write only
 */
export function writeFile(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
  offset: number,
  moreFlags = 0,
  lessFlags = 0,
): Result {
  const flags = (file.flags | moreFlags) & ~lessFlags;
  if (file.kind === KIND_PIPE) {
    return writePipe(core, caller, file, buffer, lengthBytes, flags);
  }
  const fileSystem = fileSystemOf(core, file.mount);
  let at = offset === -1 ? file.position : offset;
  let length = lengthBytes;
  if (typeOf(file) === S_IFREG) {
    if (length === 0) return 0;
    // Linux appends even with pwrite (pwrite(2), BUGS).
    if ((flags & O_APPEND) !== 0) {
      at = fileSystem.attribute(caller, file.node, NODE.sizeBytes);
      if (at < 0) return at;
    }
    const limit = sizeLimit(core, caller);
    length = Math.min(length, limit - at);
    if (length <= 0) return beyondLimit(core, caller);
    // Only under a limit: what stands in a call's record costs a release.
    if (limit < OFFSET_MAX) core.kernel.setSlot(caller, SLOT_WRITTEN, 1);
    dropPrivileges(core, caller, file.mount, file.node);
  }
  const done = fileSystem.write(caller, file.handle, at, buffer, length, flags);
  if (done > 0 && offset === -1) file.position = at + done;
  if (done > 0) noticeFile(core, file, IN_MODIFY);
  return done;
}

/** RLIMIT_FSIZE in bytes. */
export function sizeLimit(core: Core, caller: TaskId): number {
  return caller === 0 ? OFFSET_MAX : core.kernel.attribute(caller, ATTRIBUTE.limits + RLIMIT_FSIZE);
}

/** Beyond RLIMIT_FSIZE: SIGXFSZ and EFBIG (setrlimit(2)). */
export function tooLarge(core: Core, caller: TaskId): Result {
  const process = core.kernel.attribute(caller, ATTRIBUTE.process);
  const user = core.kernel.attribute(caller, ATTRIBUTE.userId);
  core.kernel.postSignal(SIGNAL_TO_TASK, caller, SIGXFSZ, SI_USER, process, user, 0);
  return -EFBIG;
}

/** A call that has written something up to the limit ends there, without a signal. */
function beyondLimit(core: Core, caller: TaskId): Result {
  return core.kernel.slot(caller, SLOT_WRITTEN) === 1 ? 0 : tooLarge(core, caller);
}

/** Whether a character device has no offsets: terminals, ports of the console, printers. */
function isStream(core: Core, caller: TaskId, file: OpenFile): boolean {
  const device = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.device);
  return isStreamDevice(device);
}

/** lseek(2). @returns the new position */
export function seek(
  core: Core,
  caller: TaskId,
  descriptor: number,
  offset: number,
  whence: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (whence < SEEK_SET || whence > SEEK_HOLE) return -EINVAL;
  if (file.kind === KIND_PIPE || typeOf(file) === S_IFSOCK) return -ESPIPE;
  // Files of events have no type, and no position (Linux: noop_llseek).
  if (typeOf(file) === 0) return 0;
  if (typeOf(file) === S_IFCHR) return isStream(core, caller, file) ? -ESPIPE : 0;
  const isRegular = typeOf(file) === S_IFREG;
  const size = isRegular
    ? fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.sizeBytes)
    : 0;
  if (size < 0) return size;
  let position = offset;
  if (whence === SEEK_CUR) position += file.position;
  else if (whence === SEEK_END) position += size;
  else if (whence !== SEEK_SET) {
    position = isRegular ? findData(core, caller, file, offset, whence) : -EINVAL;
    if (position < 0) return position;
  }
  if (whence === SEEK_END && typeOf(file) === S_IFDIR) return -EINVAL;
  if (position < 0) return -EINVAL;
  if (position > OFFSET_MAX) return -EOVERFLOW;
  file.position = position;
  return position;
}

/** SEEK_DATA, SEEK_HOLE: where the file system does not know of holes, all is data (lseek(2)). */
function findData(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  offset: number,
  whence: number,
): Result {
  const fileSystem = fileSystemOf(core, file.mount);
  const found = fileSystem.findData(caller, file.node, offset, whence);
  if (found !== -EOPNOTSUPP) return found;
  const size = fileSystem.attribute(caller, file.node, NODE.sizeBytes);
  if (size < 0) return size;
  if (offset < 0 || offset >= size) return -ENXIO;
  return whence === SEEK_DATA ? offset : size;
}

/** getdents64(2). @returns bytes, 0 at the end */
export function readDirectory(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  if (file.kind === KIND_PIPE || typeOf(file) !== S_IFDIR) return -ENOTDIR;
  const links = fileSystemOf(core, file.mount).attribute(caller, file.node, NODE.links);
  if (links === 0) return -ENOENT;
  const bytes = new Uint8Array(Math.min(lengthBytes, RANGE_BYTES_MAX));
  const length = listInto(core, caller, file, bytes);
  if (length >= 0) noticeFile(core, file, IN_ACCESS);
  if (length <= 0) return length;
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, length);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  let last = 0;
  for (let at = 0; at < length; at += view.getUint16(at + 16, true)) last = at;
  file.position = getInteger64(view, last + 8);
  return length;
}

/** The next records of a directory. @returns bytes, 0 at the end, -errno */
function listInto(core: Core, caller: TaskId, file: OpenFile, bytes: Uint8Array): Result {
  const { kernel } = core;
  const { mount, node, position } = file;
  const descriptors = listDescriptors(core, caller, mount, node, position, bytes);
  if (descriptors !== undefined) return descriptors;
  const scratch = kernel.scratch(caller, bytes.length);
  if (scratch < 0) return scratch;
  const fileSystem = fileSystemOf(core, mount);
  const flags = accessFlags(core, file);
  const length = fileSystem.readDirectory(caller, node, position, scratch, bytes.length, flags);
  if (length <= 0) return length;
  const failed = kernel.copyIn(caller, scratch, bytes, 0, length);
  return failed < 0 ? failed : length;
}

/** truncate(2) of a path, or with pathLength 0 ftruncate(2) of a descriptor. */
export function truncate(
  core: Core,
  caller: TaskId,
  path: number,
  pathLength: number,
  descriptor: number,
  sizeBytes: number,
): Result {
  if (sizeBytes < 0) return -EINVAL;
  let subject: Subject;
  if (pathLength === 0 && descriptor >= 0) {
    const file = openFile(core, caller, descriptor);
    if (file === undefined) return -EBADF;
    if (!isWritable(file) || typeOf(file) !== S_IFREG) return -EINVAL;
    if ((inodeFlags(core, caller, file.mount, file.node) & FS_APPEND_FL) !== 0) return -EPERM;
    subject = file;
  } else {
    const walk = walkPath(core, caller, -100, path, pathLength, FOLLOW);
    if (walk.error < 0) return walk.error;
    if (walk.node < 0) return -ENOENT;
    if ((walk.mode & S_IFMT) === S_IFDIR) return -EISDIR;
    if ((walk.mode & S_IFMT) !== S_IFREG) return -EINVAL;
    subject = namedOf(core, walk);
    const { mount, node } = walk;
    const unwritable = checkWritable(core, mount);
    if (unwritable < 0) return unwritable;
    const refused = checkAccess(core, caller, mount, node, walk.mode, MAY_WRITE);
    if (refused < 0) return refused;
    if (isFrozen(core, caller, mount, node)) return -EPERM;
    if (isExecuted(core, mount, node)) return -ETXTBSY;
    const waits = breakLeases(core, caller, mount, node, O_WRONLY);
    if (waits < 0) return waits;
  }
  const fileSystem = fileSystemOf(core, subject.mount);
  const held = fileSystem.attribute(caller, subject.node, NODE.sizeBytes);
  if (held < 0) return held;
  const grows = sizeBytes > held;
  if (grows && sizeBytes > sizeLimit(core, caller)) return tooLarge(core, caller);
  const failed = fileSystem.truncate(caller, subject.node, sizeBytes);
  if (failed === 0) dropPrivileges(core, caller, subject.mount, subject.node);
  if (failed === 0) notice(core, subject, S_IFREG, IN_MODIFY);
  return failed;
}
