/**
 * Byte streams of the host: ports of the character driver, one opener at a time. The printer is one
 * that is only written.
 */
import { EAGAIN, EBUSY, EINVAL, EIO, ENXIO, EPIPE } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import { SI_USER, SIGPIPE } from "../../abi/signal.js";
import { ATTRIBUTE, type KernelCalls, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type CharacterDriver, FIGURE } from "../device/protocol.js";
import type { Stream } from "./state.js";

/** What the functions here work with. */
export interface Streams {
  readonly kernel: KernelCalls;
  readonly driver: CharacterDriver | undefined;
  /** By port. */
  readonly open: Map<number, Stream>;
}

/** @returns 0, -ENXIO: there is no such port, -EBUSY: it is open already */
export function openStream(
  streams: Streams,
  caller: TaskId,
  port: number,
  isPrinter: boolean,
): Result {
  const { kernel, driver, open } = streams;
  if (driver === undefined || port === 0) return -ENXIO;
  if (open.has(port)) return -EBUSY;
  const failed = driver.setOpen(caller, port, 1);
  if (failed < 0) return failed === -EIO ? -ENXIO : failed;
  const inputChannel = kernel.newChannel();
  const roomChannel = kernel.newChannel();
  open.set(port, { inputChannel, roomChannel, isPrinter });
  return 0;
}

/** The opener is done: the port may be opened again. */
export function closeStream(streams: Streams, caller: TaskId, port: number): Result {
  streams.open.delete(port);
  return streams.driver?.setOpen(caller, port, 0) ?? 0;
}

/** Waits until the host has sent something; 0 once it closed its side and all was read. */
export function readStream(
  streams: Streams,
  caller: TaskId,
  port: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel, driver } = streams;
  const stream = streams.open.get(port);
  if (stream === undefined || driver === undefined) return -ENXIO;
  if (stream.isPrinter) return -EINVAL;
  if (lengthBytes === 0) return 0;
  const waiting = driver.query(caller, port, FIGURE.input);
  if (waiting < 0) return waiting;
  const atEnd = waiting === 0 && driver.query(caller, port, FIGURE.open) === 0;
  if ((flags & O_NONBLOCK) === 0) {
    const wait = waiting === 0 && !atEnd;
    if (wait || kernel.forced(caller)) return kernel.block(caller, stream.inputChannel);
  }
  if (waiting === 0) return atEnd ? 0 : -EAGAIN;
  return driver.read(caller, port, buffer, lengthBytes);
}

/** The host has closed its side: as of a pipe that nobody reads (pipe(7)), SIGPIPE and EPIPE. */
function broken(kernel: KernelCalls, caller: TaskId, stream: Stream): Result {
  if (caller !== 0 && !stream.isPrinter) {
    const process = kernel.attribute(caller, ATTRIBUTE.process);
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    kernel.postSignal(SIGNAL_TO_TASK, caller, SIGPIPE, SI_USER, process, user, 0);
  }
  return -EPIPE;
}

/** Waits until the host has room. @returns bytes taken, -EPIPE (with SIGPIPE): it has closed */
export function writeStream(
  streams: Streams,
  caller: TaskId,
  port: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel, driver } = streams;
  const stream = streams.open.get(port);
  if (stream === undefined || driver === undefined) return -ENXIO;
  if (lengthBytes === 0) return 0;
  const room = driver.query(caller, port, FIGURE.room);
  if (room < 0) return room;
  if (driver.query(caller, port, FIGURE.open) === 0) return broken(kernel, caller, stream);
  if ((flags & O_NONBLOCK) === 0) {
    if (room === 0 || kernel.forced(caller)) return kernel.block(caller, stream.roomChannel);
  } else if (room === 0) return -EAGAIN;
  return driver.write(caller, port, buffer, Math.min(lengthBytes, room));
}

/** @returns POLL* that hold now */
export function pollStream(
  streams: Streams,
  caller: TaskId,
  port: number,
  events: number,
  register: number,
): Result {
  const { kernel, driver } = streams;
  const stream = streams.open.get(port);
  if (stream === undefined || driver === undefined) return POLLHUP;
  let ready = 0;
  if (driver.query(caller, port, FIGURE.input) > 0) ready |= POLLIN | POLLRDNORM;
  if (driver.query(caller, port, FIGURE.room) > 0) ready |= POLLOUT | POLLWRNORM;
  if (driver.query(caller, port, FIGURE.open) === 0) ready |= POLLHUP;
  if (register === 1) {
    kernel.block(caller, stream.inputChannel);
    kernel.block(caller, stream.roomChannel);
  }
  return ready & (events | POLLHUP);
}
