/**
 * Pipes (pipe(7)): a ring of at most 64 KiB between open files. A write of ≤ PIPE_BUF bytes goes in
 * whole or waits; a longer one puts in what fits, and the system-call layer goes on with the rest.
 */
import { EAGAIN, EBADF, EBUSY, EINVAL, EPERM, EPIPE } from "../../abi/errno.js";
import {
  encodeStat,
  O_ACCMODE,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  PIPE_BUF,
  PIPE_BYTES,
  PIPE_BYTES_MAX,
  S_IFIFO,
} from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SI_USER, SIGPIPE } from "../../abi/signal.js";
import { ATTRIBUTE, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { isPrivileged } from "./permissions.js";
import { type Core, fileSystemOf, nodeKey, type OpenFile, type Pipe, pipeAt } from "./state.js";

/** Wake every waiting call. */
const ALL = 2 ** 31 - 1;
const FIRST_BYTES = 4096;

/** st_dev of pipes without a name. */
const PIPE_DEVICE = 13;

/** A pipe without open ends. @param mount -1, or the mount of the FIFO's node, which it holds */
export function addPipe(core: Core, caller: TaskId, mount: number, node: number): Pipe {
  const { kernel, state } = core;
  const id = state.nextId++;
  const pipe: Pipe = {
    id,
    bytes: new Uint8Array(0),
    start: 0,
    length: 0,
    capacity: PIPE_BYTES,
    readers: 0,
    writers: 0,
    readerOpens: 0,
    writerOpens: 0,
    readChannel: kernel.newChannel(),
    writeChannel: kernel.newChannel(),
    inode: id,
    userId: caller === 0 ? 0 : kernel.attribute(caller, ATTRIBUTE.fileSystemUserId),
    groupId: caller === 0 ? 0 : kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId),
    seconds: kernel.realtimeSeconds(),
    nanoseconds: kernel.realtimeNanoseconds(),
    mount,
    node,
  };
  state.pipes.set(id, pipe);
  return pipe;
}

const readsFrom = (flags: number): boolean => (flags & O_ACCMODE) !== O_WRONLY;
const writesTo = (flags: number): boolean => (flags & O_ACCMODE) !== O_RDONLY;

/** Counts a new end and wakes those who wait for it. */
export function openPipeEnd(core: Core, pipe: Pipe, flags: number): void {
  if (readsFrom(flags)) {
    pipe.readers++;
    pipe.readerOpens++;
    core.kernel.wake(pipe.writeChannel, ALL);
  }
  if (writesTo(flags)) {
    pipe.writers++;
    pipe.writerOpens++;
    core.kernel.wake(pipe.readChannel, ALL);
  }
}

/** The last reference of an end has gone: its peers see end of file or EPIPE. */
export function closePipeEnd(core: Core, caller: TaskId, file: OpenFile): void {
  const { kernel, state } = core;
  const pipe = pipeAt(core, file.pipe);
  if (readsFrom(file.flags)) pipe.readers--;
  if (writesTo(file.flags)) pipe.writers--;
  if (pipe.readers === 0) kernel.wake(pipe.writeChannel, ALL);
  if (pipe.writers === 0) kernel.wake(pipe.readChannel, ALL);
  if (pipe.readers > 0 || pipe.writers > 0) return;
  state.pipes.delete(pipe.id);
  if (pipe.mount < 0) return;
  state.fifos.delete(nodeKey(pipe.mount, pipe.node));
  fileSystemOf(core, pipe.mount).release(caller, pipe.node);
}

/** read(2) of a pipe. @returns bytes, 0 at the end, -EAGAIN or BLOCKED */
export function readPipe(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
): Result {
  const { kernel } = core;
  const pipe = pipeAt(core, file.pipe);
  if (lengthBytes === 0) return 0;
  if ((file.flags & O_NONBLOCK) === 0) {
    const empty = pipe.length === 0 && pipe.writers > 0;
    if (empty || kernel.forced(caller)) return kernel.block(caller, pipe.readChannel);
  }
  if (pipe.length === 0) return pipe.writers > 0 ? -EAGAIN : 0;
  const length = Math.min(lengthBytes, pipe.length);
  const first = Math.min(length, pipe.bytes.length - pipe.start);
  let failed = kernel.copyOut(caller, buffer, pipe.bytes, pipe.start, first);
  if (failed === 0 && first < length) {
    failed = kernel.copyOut(caller, buffer + first, pipe.bytes, 0, length - first);
  }
  if (failed < 0) return failed;
  const room = pipe.capacity - pipe.length;
  pipe.length -= length;
  pipe.start = pipe.length === 0 ? 0 : (pipe.start + length) % pipe.bytes.length;
  const roomNow = pipe.capacity - pipe.length;
  if (room < PIPE_BUF && roomNow >= PIPE_BUF) kernel.wake(pipe.writeChannel, ALL);
  return length;
}

/** write(2) to a pipe. @returns bytes, -EPIPE (with SIGPIPE), -EAGAIN or BLOCKED */
export function writePipe(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
): Result {
  const { kernel } = core;
  const pipe = pipeAt(core, file.pipe);
  if (lengthBytes === 0) return 0;
  if (pipe.readers === 0) return brokenPipe(core, caller);
  const room = pipe.capacity - pipe.length;
  const full = lengthBytes <= PIPE_BUF ? room < lengthBytes : room === 0;
  if ((file.flags & O_NONBLOCK) === 0) {
    if (full || kernel.forced(caller)) return kernel.block(caller, pipe.writeChannel);
  } else if (full) return -EAGAIN;
  const length = Math.min(lengthBytes, room);
  if (pipe.bytes.length - pipe.length < length) grow(pipe, pipe.length + length);
  const end = (pipe.start + pipe.length) % pipe.bytes.length;
  const first = Math.min(length, pipe.bytes.length - end);
  let failed = kernel.copyIn(caller, buffer, pipe.bytes, end, first);
  if (failed === 0 && first < length) {
    failed = kernel.copyIn(caller, buffer + first, pipe.bytes, 0, length - first);
  }
  if (failed < 0) return failed;
  const wasEmpty = pipe.length === 0;
  pipe.length += length;
  if (wasEmpty) kernel.wake(pipe.readChannel, ALL);
  return length;
}

/** Nobody can read any more: SIGPIPE as from the caller itself, and EPIPE (pipe(7)). */
function brokenPipe(core: Core, caller: TaskId): Result {
  const { kernel } = core;
  if (caller !== 0) {
    const process = kernel.attribute(caller, ATTRIBUTE.process);
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    kernel.postSignal(SIGNAL_TO_TASK, caller, SIGPIPE, SI_USER, process, user, 0);
  }
  return -EPIPE;
}

/** Gives the ring room for `needed` bytes at least; its content then begins at 0. */
function grow(pipe: Pipe, needed: number): void {
  let size = Math.max(FIRST_BYTES, pipe.bytes.length);
  while (size < needed) size *= 2;
  resize(pipe, Math.min(size, pipe.capacity));
}

function resize(pipe: Pipe, sizeBytes: number): void {
  const bytes = new Uint8Array(sizeBytes);
  const first = Math.min(pipe.length, pipe.bytes.length - pipe.start);
  bytes.set(pipe.bytes.subarray(pipe.start, pipe.start + first));
  bytes.set(pipe.bytes.subarray(0, pipe.length - first), first);
  pipe.bytes = bytes;
  pipe.start = 0;
}

/** F_SETPIPE_SZ: rounds up to a power of two of pages. @returns the capacity or -errno */
export function setCapacity(core: Core, caller: TaskId, pipe: Pipe, wanted: number): Result {
  if (wanted < 0 || wanted > 2 ** 31) return -EINVAL;
  let capacity = 4096;
  while (capacity < wanted) capacity *= 2;
  if (capacity > PIPE_BYTES_MAX && !isPrivileged(core, caller)) return -EPERM;
  if (capacity > 2 ** 24) return -EINVAL;
  if (capacity < pipe.length) return -EBUSY;
  if (capacity < pipe.bytes.length) resize(pipe, capacity);
  pipe.capacity = capacity;
  core.kernel.wake(pipe.writeChannel, ALL);
  return capacity;
}

/** poll(2) of a pipe's end. @param register 1: also wait on its channels @returns events now */
export function pollPipe(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  events: number,
  register: number,
): Result {
  const pipe = pipeAt(core, file.pipe);
  let ready = 0;
  if (readsFrom(file.flags)) {
    if (pipe.length > 0) ready |= POLLIN | POLLRDNORM;
    if (pipe.writers === 0 && file.generation !== pipe.writerOpens) ready |= POLLHUP;
    if (register === 1) core.kernel.block(caller, pipe.readChannel);
  }
  if (writesTo(file.flags)) {
    if (pipe.capacity - pipe.length >= PIPE_BUF) ready |= POLLOUT | POLLWRNORM;
    if (pipe.readers === 0) ready |= POLLERR;
    if (register === 1) core.kernel.block(caller, pipe.writeChannel);
  }
  return ready & (events | POLLERR | POLLHUP);
}

/** struct stat of a pipe without a name. */
export function pipeStat(pipe: Pipe): Uint8Array {
  const { seconds, nanoseconds } = pipe;
  return encodeStat({
    device: PIPE_DEVICE,
    inode: pipe.inode,
    mode: S_IFIFO | 0o600,
    links: 1,
    userId: pipe.userId,
    groupId: pipe.groupId,
    specialDevice: 0,
    sizeBytes: 0,
    blocks: 0,
    accessSeconds: seconds,
    accessNanoseconds: nanoseconds,
    modifySeconds: seconds,
    modifyNanoseconds: nanoseconds,
    changeSeconds: seconds,
    changeNanoseconds: nanoseconds,
  });
}

/**
 * Opens an end of a FIFO (fifo(7)): with O_NONBLOCK a reader does not wait and a writer without
 * readers gets ENXIO; else both wait until the peer was opened once.
 * @returns whether the open has to wait, or -ENXIO is the caller's to answer before
 */
export function peerMissing(pipe: Pipe, flags: number): boolean {
  if ((flags & O_ACCMODE) === O_RDWR) return false;
  return readsFrom(flags) ? pipe.writers === 0 : pipe.readers === 0;
}

/** @returns 0, or -EBADF: the file is not open for this direction */
export function checkDirection(flags: number, write: boolean): Result {
  return (write ? writesTo(flags) : readsFrom(flags)) ? 0 : -EBADF;
}
