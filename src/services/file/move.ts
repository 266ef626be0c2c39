/**
 * Bytes from one open file to another: sendfile, copy_file_range, splice, tee. Layers: transfer.ts
 * and pipe.ts → this. Each moves at most RANGE_BYTES_MAX; the system-call layer goes on where Linux
 * does.
 */
import {
  EAGAIN,
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENOMEM,
  EOVERFLOW,
  EPERM,
  ESPIPE,
  EXDEV,
} from "../../abi/errno.js";
import {
  O_APPEND,
  O_NONBLOCK,
  OFFSET_MAX,
  PIPE_BUF,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../../abi/file.js";
import {
  FS_IMMUTABLE_FL,
  SPLICE_F_GIFT,
  SPLICE_F_MORE,
  SPLICE_F_MOVE,
  SPLICE_F_NONBLOCK,
} from "../../abi/file-data.js";
import type { TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { isReadable, isWritable, openFile } from "./descriptors.js";
import {
  awaitContent,
  awaitRoom,
  hasRead,
  hasWritten,
  isFull,
  takeBytes,
  takePage,
} from "./pipe.js";
import { NODE } from "./protocol.js";
import { type Core, fileSystemOf, KIND_PIPE, type OpenFile, type Pipe, pipeAt } from "./state.js";
import { hasOffsets, readFile, sizeLimit, tooLarge, writeFile } from "./transfer.js";

const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

const typeOf = (file: OpenFile): number => file.mode & S_IFMT;
const isPipe = (file: OpenFile): boolean => file.kind === KIND_PIPE;

/** Whether splice can take bytes out of the file at any offset. */
function isSeekableSource(core: Core, caller: TaskId, file: OpenFile): boolean {
  if (isPipe(file)) return false;
  return typeOf(file) === S_IFREG || (typeOf(file) === S_IFCHR && hasOffsets(core, caller, file));
}

/**
 * Reads a chunk of the source and writes it to the target; both positions follow what was written.
 * @param fromOffset, toOffset -1: at the file's position
 */
function pump(
  core: Core,
  caller: TaskId,
  from: OpenFile,
  fromOffset: number,
  to: OpenFile,
  toOffset: number,
  lengthBytes: number,
  moreFlags: number,
): Result {
  const scratch = core.kernel.scratch(caller, lengthBytes);
  if (scratch < 0) return scratch;
  const at = fromOffset === -1 ? from.position : fromOffset;
  const keeps = from.position;
  const got = readFile(core, caller, from, scratch, lengthBytes, fromOffset, moreFlags);
  if (got <= 0) return got;
  const done = writeFile(core, caller, to, scratch, got, toOffset, moreFlags);
  if (fromOffset === -1 && typeOf(from) === S_IFREG) {
    from.position = done > 0 ? at + done : keeps;
  }
  return done;
}

/** sendfile(2). @param offset -1: at the source's position */
export function sendfile(
  core: Core,
  caller: TaskId,
  to: number,
  from: number,
  offset: number,
  lengthBytes: number,
): Result {
  const source = openFile(core, caller, from);
  const target = openFile(core, caller, to);
  if (source === undefined || !isReadable(source)) return -EBADF;
  if (offset !== -1 && (isPipe(source) || !hasOffsets(core, caller, source))) return -ESPIPE;
  if (target === undefined || !isWritable(target)) return -EBADF;
  if (offset < -1) return -EINVAL;
  if (!isSeekableSource(core, caller, source)) return -EINVAL;
  if (!isPipe(target) && (target.flags & O_APPEND) !== 0) return -EINVAL;
  const length = Math.min(lengthBytes, RANGE_BYTES_MAX);
  if (length === 0) return 0;
  if (!isPipe(target)) return pump(core, caller, source, offset, target, -1, length, 0);
  return fillPipe(core, caller, source, offset, target, length, target.flags & O_NONBLOCK);
}

/** copy_file_range(2). @param fromOffset, toOffset -1: at the file's position */
export function copyRange(
  core: Core,
  caller: TaskId,
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  lengthBytes: number,
): Result {
  const source = openFile(core, caller, from);
  const target = openFile(core, caller, to);
  if (source === undefined || target === undefined) return -EBADF;
  for (const file of [source, target]) if (typeOf(file) === S_IFDIR) return -EISDIR;
  for (const file of [source, target]) {
    if (isPipe(file) || typeOf(file) !== S_IFREG) return -EINVAL;
  }
  if (!isReadable(source) || !isWritable(target)) return -EBADF;
  if ((target.flags & O_APPEND) !== 0) return -EBADF;
  if (fromOffset < -1 || toOffset < -1) return -EINVAL;
  const fileSystem = fileSystemOf(core, source.mount);
  if (fileSystem !== fileSystemOf(core, target.mount)) return -EXDEV;
  const flags = fileSystem.attribute(caller, target.node, NODE.flags);
  if (flags > 0 && (flags & FS_IMMUTABLE_FL) !== 0) return -EPERM;
  const start = fromOffset === -1 ? source.position : fromOffset;
  const goal = toOffset === -1 ? target.position : toOffset;
  if (start + lengthBytes > OFFSET_MAX || goal + lengthBytes > OFFSET_MAX) return -EOVERFLOW;
  const size = fileSystem.attribute(caller, source.node, NODE.sizeBytes);
  if (size < 0) return size;
  let length = Math.min(lengthBytes, Math.max(0, size - start));
  if (length > 0) {
    length = Math.min(length, sizeLimit(core, caller) - goal);
    if (length <= 0) return tooLarge(core, caller);
  }
  const isSame = source.node === target.node && source.mount === target.mount;
  if (isSame && start < goal + length && goal < start + length) return -EINVAL;
  length = Math.min(length, RANGE_BYTES_MAX);
  if (length === 0) return 0;
  if (goal >= OFFSET_MAX) return -EFBIG;
  return pump(core, caller, source, fromOffset, target, toOffset, length, 0);
}

/** splice(2). @param fromOffset, toOffset -1: at the file's position */
export function splice(
  core: Core,
  caller: TaskId,
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  lengthBytes: number,
  flags: number,
): Result {
  if (lengthBytes === 0) return 0;
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  const source = openFile(core, caller, from);
  const target = openFile(core, caller, to);
  if (source === undefined || target === undefined) return -EBADF;
  if (isPipe(source) && fromOffset !== -1) return -ESPIPE;
  if (isPipe(target) && toOffset !== -1) return -ESPIPE;
  if (!isReadable(source) || !isWritable(target)) return -EBADF;
  const length = Math.min(lengthBytes, RANGE_BYTES_MAX);
  const wants = (flags & SPLICE_F_NONBLOCK) !== 0 ? O_NONBLOCK : 0;
  if (isPipe(source) && isPipe(target)) {
    return joinPipes(core, caller, source, target, length, wants, true);
  }
  if (isPipe(source)) {
    if (toOffset !== -1 && !hasOffsets(core, caller, target)) return -EINVAL;
    if ((target.flags & O_APPEND) !== 0) return -EINVAL;
    if (toOffset < -1) return -EINVAL;
    return drainPipe(core, caller, source, target, toOffset, length, wants);
  }
  if (!isPipe(target)) return -EINVAL;
  if (fromOffset !== -1 && !hasOffsets(core, caller, source)) return -EINVAL;
  if (fromOffset < -1 || typeOf(source) === S_IFDIR) return -EINVAL;
  return fillPipe(core, caller, source, fromOffset, target, length, wants);
}

/** tee(2). */
export function tee(
  core: Core,
  caller: TaskId,
  from: number,
  to: number,
  lengthBytes: number,
  flags: number,
): Result {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  if (lengthBytes === 0) return 0;
  const source = openFile(core, caller, from);
  const target = openFile(core, caller, to);
  if (source === undefined || target === undefined) return -EBADF;
  if (!isReadable(source) || !isWritable(target)) return -EBADF;
  if (!isPipe(source) || !isPipe(target)) return -EINVAL;
  const wants = (flags & SPLICE_F_NONBLOCK) !== 0 ? O_NONBLOCK : 0;
  return joinPipes(core, caller, source, target, lengthBytes, wants, false);
}

/** From a file into a pipe: waits for room first, so that nothing read can be lost. */
function fillPipe(
  core: Core,
  caller: TaskId,
  source: OpenFile,
  offset: number,
  target: OpenFile,
  lengthBytes: number,
  wants: number,
): Result {
  const pipe = pipeAt(core, target.pipe);
  const waits = awaitRoom(core, caller, pipe, wants);
  if (waits <= 0) return waits;
  const room = (pipe.slotsMax - pipe.slots.length) * PIPE_BUF;
  const length = Math.min(lengthBytes, room);
  return pump(core, caller, source, offset, target, -1, length, O_NONBLOCK);
}

/** From a pipe into a file: what the file did not take stays in the pipe. */
function drainPipe(
  core: Core,
  caller: TaskId,
  source: OpenFile,
  target: OpenFile,
  offset: number,
  lengthBytes: number,
  wants: number,
): Result {
  const { kernel } = core;
  const pipe = pipeAt(core, source.pipe);
  const waits = awaitContent(core, caller, pipe, wants | (source.flags & O_NONBLOCK));
  if (waits <= 0) return waits;
  const length = Math.min(lengthBytes, pipe.length);
  const scratch = kernel.scratch(caller, length);
  if (scratch < 0) return scratch;
  let filled = 0;
  for (const slot of pipe.slots) {
    const part = Math.min(slot.length, length - filled);
    kernel.copyOut(caller, scratch + filled, slot.bytes, slot.offset, part);
    filled += part;
    if (filled === length) break;
  }
  const done = writeFile(core, caller, target, scratch, length, offset, wants);
  if (done <= 0) return done;
  const wasFull = isFull(pipe);
  for (let left = done; left > 0; ) {
    const part = Math.min(left, pipe.slots[0]?.length ?? left);
    takeBytes(pipe, part);
    left -= part;
  }
  hasRead(core, caller, pipe, wasFull);
  return done;
}

/** From pipe to pipe: moves the pages (splice), or copies them (tee). */
function joinPipes(
  core: Core,
  caller: TaskId,
  source: OpenFile,
  target: OpenFile,
  lengthBytes: number,
  wants: number,
  moves: boolean,
): Result {
  if (source.pipe === target.pipe) return -EINVAL;
  const from = pipeAt(core, source.pipe);
  const to = pipeAt(core, target.pipe);
  const flags = wants | ((source.flags | target.flags) & O_NONBLOCK);
  const content = awaitContent(core, caller, from, flags);
  if (content === -EAGAIN && to.readers === 0) return awaitRoom(core, caller, to, flags);
  if (content <= 0) return content;
  const room = awaitRoom(core, caller, to, flags);
  if (room <= 0) return room;
  const wasFull = isFull(from);
  const wasEmpty = to.length === 0;
  const copy = moves ? movePages : copyPages;
  const done = copy(core, from, to, lengthBytes);
  if (done === 0) return -ENOMEM;
  if (moves) hasRead(core, caller, from, wasFull);
  hasWritten(core, caller, to, wasEmpty);
  return done;
}

function movePages(core: Core, from: Pipe, to: Pipe, lengthBytes: number): number {
  let done = 0;
  while (done < lengthBytes && !isFull(to)) {
    const slot = from.slots[0];
    if (slot === undefined) break;
    const length = Math.min(slot.length, lengthBytes - done);
    const bytes = takePage(core, to);
    if (bytes === undefined) break;
    bytes.set(slot.bytes.subarray(slot.offset, slot.offset + length));
    to.slots.push({ bytes, offset: 0, length, packet: slot.packet });
    to.length += length;
    takeBytes(from, length);
    done += length;
  }
  return done;
}

function copyPages(core: Core, from: Pipe, to: Pipe, lengthBytes: number): number {
  let done = 0;
  for (const slot of from.slots) {
    const length = Math.min(slot.length, lengthBytes - done);
    if (length === 0 || isFull(to)) break;
    const bytes = takePage(core, to);
    if (bytes === undefined) break;
    bytes.set(slot.bytes.subarray(slot.offset, slot.offset + length));
    to.slots.push({ bytes, offset: 0, length, packet: slot.packet });
    to.length += length;
    done += length;
  }
  return done;
}
