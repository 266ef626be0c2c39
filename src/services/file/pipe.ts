/**
 * Pipes (pipe(7)): a queue of 16 pages between open files, with Linux's rules for pages: what a
 * write has beyond whole pages is added to the last page if it fits there, all else begins a page.
 * So a write of ≤ PIPE_BUF bytes goes in whole or waits; a longer one puts in what fits, and the
 * system-call layer goes on with the rest.
 */
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../../abi/capability.js";
import { EAGAIN, EBADF, EBUSY, EINVAL, ENOMEM, EPERM, EPIPE } from "../../abi/errno.js";
import {
  encodeStat,
  O_ACCMODE,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  PIPE_BUF,
  PIPE_BYTES,
  PIPE_PAGES_SOFT,
  S_IFIFO,
} from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SI_USER, SIGPIPE } from "../../abi/signal.js";
import { ATTRIBUTE, SETTING, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { hold, jobOf, mayHold, PIPE_COST_BYTES, PIPE_PAGE_COST_BYTES } from "./charges.js";
import { remove } from "./latest.js";
import { dropMount } from "./mounts.js";
import { isCapable } from "./permissions.js";
import { NODE } from "./protocol.js";
import { signalOwner } from "./signal-owner.js";
import {
  type Core,
  fileSystemOf,
  KIND_PIPE,
  nodeKey,
  type OpenFile,
  type Pipe,
  type PipeSlot,
  pipeAt,
} from "./state.js";

/** Wake every waiting call. */
const ALL = 2 ** 31 - 1;
/** Bytes of a page of content: PIPE_BUF, so that such a write fits in one. */
const SLOT_BYTES = PIPE_BUF;
/** Our limit where Linux's is the memory that a user may lock. */
const CAPACITY_BYTES_MAX = 2 ** 24;

/** Pages of a pipe for a user whose pipes have too many already. */
const SLOTS_MIN = 2;

/** st_dev of pipes without a name. */
const PIPE_DEVICE = 13;

/** Whether the caller's pipes have so many pages that a further one is small (pipe(7)). */
function isOverQuota(core: Core, caller: TaskId): boolean {
  const { pipes } = core.state;
  const fresh = PIPE_BYTES / SLOT_BYTES;
  if (caller === 0 || (pipes.size + 1) * fresh <= PIPE_PAGES_SOFT) return false;
  if (isCapable(core, caller, CAP_SYS_RESOURCE) || isCapable(core, caller, CAP_SYS_ADMIN)) {
    return false;
  }
  const user = core.kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  core.kernel.charge(caller, pipes.size);
  let pages = fresh;
  for (const pipe of pipes.values()) if (pipe.userId === user) pages += pipe.slotsMax;
  return pages > PIPE_PAGES_SOFT;
}

/** A pipe without open ends. @param mount -1, or the mount of the FIFO's node, which it holds */
export function addPipe(core: Core, caller: TaskId, mount: number, node: number): Pipe {
  const { kernel, state } = core;
  const id = state.nextId++;
  const job = jobOf(core, caller);
  hold(core, job, PIPE_COST_BYTES);
  const pipe: Pipe = {
    id,
    job,
    heldPages: 0,
    slots: [],
    spare: [],
    slotsMax: isOverQuota(core, caller) ? SLOTS_MIN : PIPE_BYTES / SLOT_BYTES,
    length: 0,
    readers: 0,
    writers: 0,
    readerOpens: 0,
    writerOpens: 0,
    readChannel: kernel.newChannel(),
    writeChannel: kernel.newChannel(),
    polled: false,
    inode: id,
    userId: caller === 0 ? 0 : kernel.attribute(caller, ATTRIBUTE.fileSystemUserId),
    groupId: caller === 0 ? 0 : kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId),
    seconds: kernel.coarseSeconds(),
    nanoseconds: kernel.coarseNanoseconds(),
    accessSeconds: kernel.coarseSeconds(),
    accessNanoseconds: kernel.coarseNanoseconds(),
    modifySeconds: kernel.coarseSeconds(),
    modifyNanoseconds: kernel.coarseNanoseconds(),
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
  remove(core.latest.pipe, state.pipes, pipe.id);
  hold(core, pipe.job, -PIPE_COST_BYTES - pipe.heldPages * PIPE_PAGE_COST_BYTES);
  if (pipe.mount < 0) return;
  state.fifos.delete(nodeKey(core, pipe.mount, pipe.node));
  fileSystemOf(core, pipe.mount).release(caller, pipe.node);
  dropMount(core, caller, pipe.mount);
}

/**
 * read(2) of a pipe.
 * @param flags O_* of the open file, perhaps with O_NONBLOCK
 * @returns bytes, 0 at the end, -EAGAIN or BLOCKED
 */
export function readPipe(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const pipe = pipeAt(core, file.pipe);
  if (lengthBytes === 0) return 0;
  const waits = awaitContent(core, caller, pipe, flags);
  if (waits <= 0) return waits;
  const wasFull = isFull(pipe);
  let done = 0;
  let result = 0;
  while (done < lengthBytes) {
    const [slot] = pipe.slots;
    if (slot === undefined) break;
    const length = Math.min(lengthBytes - done, slot.length);
    result = kernel.copyOut(caller, buffer + done, slot.bytes, slot.offset, length);
    if (result < 0) break;
    done += length;
    // What a packet has beyond the reader's buffer is lost (pipe(2), O_DIRECT).
    takeBytes(pipe, slot.packet ? slot.length : length);
    if (slot.packet || slot.length > 0) break;
  }
  if (done === 0 && result < 0) return result;
  hasRead(core, caller, pipe, wasFull);
  return done;
}

/** Waits until a pipe has bytes. @returns 1; 0: at its end; -EAGAIN or BLOCKED */
export function awaitContent(core: Core, caller: TaskId, pipe: Pipe, flags: number): Result {
  const { kernel } = core;
  if ((flags & O_NONBLOCK) === 0) {
    const empty = pipe.length === 0 && pipe.writers > 0;
    if (empty || kernel.forced(caller)) return kernel.block(caller, pipe.readChannel);
  }
  if (pipe.length > 0) return 1;
  return pipe.writers > 0 ? -EAGAIN : 0;
}

/** Waits until a pipe has room for a page. @returns 1; -EPIPE (with SIGPIPE), -EAGAIN, BLOCKED */
export function awaitRoom(core: Core, caller: TaskId, pipe: Pipe, flags: number): Result {
  const { kernel } = core;
  if (pipe.readers === 0) return brokenPipe(core, caller);
  if ((flags & O_NONBLOCK) === 0) {
    if (isFull(pipe) || kernel.forced(caller)) return kernel.block(caller, pipe.writeChannel);
  } else if (isFull(pipe)) return -EAGAIN;
  return 1;
}

/** Takes bytes off the first page of a pipe. */
export function takeBytes(pipe: Pipe, lengthBytes: number): void {
  const slot = pipe.slots[0] as PipeSlot;
  slot.offset += lengthBytes;
  slot.length -= lengthBytes;
  pipe.length -= lengthBytes;
  if (slot.length > 0) return;
  pipe.slots.shift();
  pipe.spare.push(slot.bytes);
}

/** Tells writers of a pipe that some of it was read. */
export function hasRead(core: Core, caller: TaskId, pipe: Pipe, wasFull: boolean): void {
  if (wasFull && !isFull(pipe)) core.kernel.wake(pipe.writeChannel, ALL);
  if (wasFull && core.state.asynchronous.length > 0) signalReady(core, pipe, POLLOUT);
  pipe.accessSeconds = core.kernel.coarseSeconds();
  pipe.accessNanoseconds = core.kernel.coarseNanoseconds();
  if (pipe.mount < 0) return;
  fileSystemOf(core, pipe.mount).setAttribute(caller, pipe.node, NODE.accessNanoseconds, -1);
}

/** Tells readers of a pipe that something was written. */
export function hasWritten(core: Core, caller: TaskId, pipe: Pipe, wasEmpty: boolean): void {
  // Whoever polls hears of each write (EPOLLET), as Linux does since 5.5 (poll_usage).
  if (wasEmpty || pipe.polled) core.kernel.wake(pipe.readChannel, ALL);
  if (core.state.asynchronous.length > 0) signalReady(core, pipe, POLLIN);
  pipe.modifySeconds = core.kernel.coarseSeconds();
  pipe.modifyNanoseconds = core.kernel.coarseNanoseconds();
  if (pipe.mount < 0) return;
  const fileSystem = fileSystemOf(core, pipe.mount);
  fileSystem.setAttribute(caller, pipe.node, NODE.modifySeconds, pipe.modifySeconds);
  fileSystem.setAttribute(caller, pipe.node, NODE.modifyNanoseconds, pipe.modifyNanoseconds);
}

/** SIGIO to the owners of the ends that asked for it (O_ASYNC, fcntl(2)). */
function signalReady(core: Core, pipe: Pipe, events: number): void {
  for (const id of core.state.asynchronous) {
    const file = core.state.files.get(id);
    if (file?.kind !== KIND_PIPE || file.pipe !== pipe.id) continue;
    const concerned = events === POLLIN ? readsFrom(file.flags) : writesTo(file.flags);
    if (concerned) signalOwner(core, file, events);
  }
}

/**
 * write(2) to a pipe.
 * @param flags O_* of the open file, perhaps with O_NONBLOCK
 * @returns bytes, -EPIPE (with SIGPIPE), -EAGAIN, -ENOMEM or BLOCKED
 */
export function writePipe(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const pipe = pipeAt(core, file.pipe);
  if (lengthBytes === 0) return 0;
  if (pipe.readers === 0) return brokenPipe(core, caller);
  const packet = (flags & O_DIRECT) !== 0;
  const last = slotToFill(pipe, lengthBytes);
  const mustWait = isFull(pipe) && last === undefined;
  if ((flags & O_NONBLOCK) === 0) {
    if (mustWait || kernel.forced(caller)) return kernel.block(caller, pipe.writeChannel);
  } else if (mustWait) return -EAGAIN;
  const wasEmpty = pipe.length === 0;
  let done = 0;
  if (last !== undefined) {
    const length = lengthBytes % SLOT_BYTES;
    const failed = kernel.copyIn(caller, buffer, last.bytes, last.offset + last.length, length);
    if (failed < 0) return failed;
    last.length += length;
    done = length;
  }
  while (done < lengthBytes && !isFull(pipe)) {
    const length = Math.min(lengthBytes - done, SLOT_BYTES);
    const bytes = takePage(core, pipe);
    if (bytes === undefined) {
      if (done === 0) return -ENOMEM;
      break;
    }
    const failed = kernel.copyIn(caller, buffer + done, bytes, 0, length);
    if (failed < 0) {
      pipe.spare.push(bytes);
      if (done === 0) return failed;
      break;
    }
    pipe.slots.push({ bytes, offset: 0, length, packet });
    done += length;
  }
  pipe.length += done;
  hasWritten(core, caller, pipe, wasEmpty);
  return done;
}

/** A page for a pipe's content. @returns undefined: there is no memory for one more */
export function takePage(core: Core, pipe: Pipe): Uint8Array | undefined {
  const spare = pipe.spare.pop();
  if (spare !== undefined) return spare;
  if (mayHold(core, pipe.job, PIPE_PAGE_COST_BYTES) < 0) return undefined;
  hold(core, pipe.job, PIPE_PAGE_COST_BYTES);
  pipe.heldPages++;
  return new Uint8Array(SLOT_BYTES);
}

/** Whether no further page fits. */
export const isFull = (pipe: Pipe): boolean => pipe.slots.length >= pipe.slotsMax;

/** The last page, if what the write has beyond whole pages fits there (Linux: pipe_write). */
function slotToFill(pipe: Pipe, lengthBytes: number): PipeSlot | undefined {
  const rest = lengthBytes % SLOT_BYTES;
  const last = pipe.slots[pipe.slots.length - 1];
  if (rest === 0 || last === undefined || last.packet) return undefined;
  return last.offset + last.length + rest <= SLOT_BYTES ? last : undefined;
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

/** F_SETPIPE_SZ: rounds up to a power of two of pages. @returns the capacity or -errno */
export function setCapacity(core: Core, caller: TaskId, pipe: Pipe, wanted: number): Result {
  if (wanted < 0 || wanted > 2 ** 31) return -EINVAL;
  let slots = 1;
  while (slots * SLOT_BYTES < wanted) slots *= 2;
  const most = core.kernel.setting(SETTING.pipeBytesMax);
  if (slots * SLOT_BYTES > most && !isCapable(core, caller, CAP_SYS_RESOURCE)) return -EPERM;
  if (slots * SLOT_BYTES > CAPACITY_BYTES_MAX) return -EINVAL;
  if (slots < pipe.slots.length) return -EBUSY;
  pipe.slotsMax = slots;
  hold(core, pipe.job, -pipe.spare.length * PIPE_PAGE_COST_BYTES);
  pipe.heldPages -= pipe.spare.length;
  pipe.spare.length = 0;
  core.kernel.wake(pipe.writeChannel, ALL);
  return capacityOf(pipe);
}

/** F_GETPIPE_SZ. */
export const capacityOf = (pipe: Pipe): number => pipe.slotsMax * SLOT_BYTES;

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
  pipe.polled ||= register === 1;
  if (readsFrom(file.flags)) {
    if (pipe.length > 0) ready |= POLLIN | POLLRDNORM;
    if (pipe.writers === 0 && file.generation !== pipe.writerOpens) ready |= POLLHUP;
    if (register === 1) core.kernel.block(caller, pipe.readChannel);
  }
  if (writesTo(file.flags)) {
    if (!isFull(pipe)) ready |= POLLOUT | POLLWRNORM;
    if (pipe.readers === 0) ready |= POLLERR;
    // Room is no news to a FIFO opened for both that is asked for input only (epoll.ts).
    const isWanted = !readsFrom(file.flags) || (events & (POLLOUT | POLLWRNORM)) !== 0;
    if (register === 1 && isWanted) core.kernel.block(caller, pipe.writeChannel);
  }
  return ready & (events | POLLERR | POLLHUP);
}

/** struct stat of a pipe without a name. */
export function pipeStat(pipe: Pipe): Uint8Array {
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
    accessSeconds: pipe.accessSeconds,
    accessNanoseconds: pipe.accessNanoseconds,
    modifySeconds: pipe.modifySeconds,
    modifyNanoseconds: pipe.modifyNanoseconds,
    changeSeconds: pipe.modifySeconds,
    changeNanoseconds: pipe.modifyNanoseconds,
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
