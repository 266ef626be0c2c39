/**
 * Messages on their way: what goes with them, the room that they take of their sender's buffer
 * until they were received, and how they leave a queue.
 */
import { EPIPE } from "../../abi/errno.js";
import { SI_USER, SIGPIPE } from "../../abi/signal.js";
import { MSG_NOSIGNAL } from "../../abi/socket.js";
import { ATTRIBUTE, SIGNAL_TO_TASK, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { encodeAddress } from "./names.js";
import { RECEIVE_RECORD, RECEIVE_RECORD_BYTES, SEND_RECORD } from "./protocol.js";
import { ALL, type Core, type Credentials, jobOf, type Message, type Socket } from "./state.js";

/** What a message takes besides its bytes: empty ones are bounded too (as Linux's sk_buff). */
const MESSAGE_OVERHEAD_BYTES = 768;
/** All messages together, so that no number of sockets fills the host's memory. */
const TOTAL_BYTES_MAX = 64 * 2 ** 20;
/** User and group of a message whose sender was not noted (overflowuid). */
const NOBODY: Credentials = Object.freeze({ process: 0, user: 65534, group: 65534 });

/** What goes with a message besides its bytes. */
export interface Attached {
  readonly credentials: Credentials | undefined;
  readonly rights: number[];
}

/** Reads a SEND_RECORD. @returns -errno if it cannot be read */
export function readAttached(
  core: Core,
  caller: TaskId,
  record: number,
  recordLength: number,
): Attached | Result {
  if (recordLength === 0) return { credentials: undefined, rights: [] };
  const bytes = new Uint8Array(recordLength);
  const failed = core.kernel.copyIn(caller, record, bytes, 0, recordLength);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  const at = (offset: number): number => view.getFloat64(offset, true);
  const rights: number[] = [];
  for (let offset: number = SEND_RECORD.rights; offset < recordLength; offset += 8) {
    rights.push(at(offset));
  }
  if (at(SEND_RECORD.hasCredentials) === 0) return { credentials: undefined, rights };
  const process = at(SEND_RECORD.process);
  const user = at(SEND_RECORD.user);
  return { credentials: { process, user, group: at(SEND_RECORD.group) }, rights };
}

/** Whether the sender's buffer has room; a message may go beyond it once. */
export const hasRoom = (socket: Socket): boolean => socket.sentBytes < socket.sendLimitBytes;

/** Whether there is memory for one more message of all, and of the caller's; else ENOBUFS. */
export const hasMemory = (core: Core, caller: TaskId, lengthBytes: number): boolean =>
  core.state.queuedBytes + lengthBytes <= TOTAL_BYTES_MAX &&
  core.kernel.mayHold(jobOf(core, caller), lengthBytes + MESSAGE_OVERHEAD_BYTES, 0) === 0;

/** Whether poll(2) says POLLOUT, and those who wait to send are woken (Linux: unix_writable). */
export const isWritable = (socket: Socket): boolean =>
  socket.sentBytes * 4 <= socket.sendLimitBytes;

/** Puts a message into the queue of `to`. Cannot fail. */
export function enqueue(
  core: Core,
  caller: TaskId,
  from: Socket,
  to: Socket,
  bytes: Uint8Array,
  attached: Attached,
): void {
  const { kernel } = core;
  let { credentials } = attached;
  if (credentials === undefined && (from.passCredentials || to.passCredentials || !to.isOpen)) {
    credentials = {
      process: kernel.attribute(caller, ATTRIBUTE.process),
      user: kernel.attribute(caller, ATTRIBUTE.userId),
      group: kernel.attribute(caller, ATTRIBUTE.groupId),
    };
  }
  const chargeBytes = bytes.length + MESSAGE_OVERHEAD_BYTES;
  const { name } = from;
  const { rights } = attached;
  const job = jobOf(core, caller);
  kernel.hold(job, chargeBytes, 0);
  to.queue.push({
    bytes,
    offset: 0,
    sender: from.id,
    chargeBytes,
    job,
    name,
    credentials,
    rights,
  });
  to.queuedBytes += bytes.length;
  to.arrivals++;
  from.sentBytes += chargeBytes;
  core.state.queuedBytes += chargeBytes;
  kernel.wake(to.readChannel, ALL);
}

/** Takes a message out of the queue: its sender has its room back. */
export function dequeue(core: Core, socket: Socket, index: number): void {
  const { kernel, state } = core;
  const [message] = socket.queue.splice(index, 1);
  if (message === undefined) return;
  socket.queuedBytes -= message.bytes.length - message.offset;
  kernel.wake(socket.roomChannel, ALL);
  state.queuedBytes -= message.chargeBytes;
  kernel.hold(message.job, -message.chargeBytes, 0);
  const sender = state.sockets.get(message.sender);
  if (sender === undefined) return;
  const lacked = !isWritable(sender);
  sender.sentBytes -= message.chargeBytes;
  if (lacked && isWritable(sender)) sender.rooms++;
  if (isWritable(sender)) kernel.wake(sender.writeChannel, ALL);
}

/** Nobody will read what is in the queue. */
export function dropMessages(core: Core, socket: Socket): void {
  while (socket.queue.length > 0) {
    const last = socket.queue.length - 1;
    core.state.dropped.push(...(socket.queue[last]?.rights ?? []));
    dequeue(core, socket, last);
  }
}

/** What a receive has gathered, for its record. */
export interface Received {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly credentials: Credentials | undefined;
  readonly isBoundary: boolean;
  readonly rights: readonly number[];
}

/** The sender's address as it is now, or was when its socket was closed. */
export const senderName = (core: Core, message: Message): Uint8Array =>
  core.state.sockets.get(message.sender)?.name ?? message.name;

/** Stores a RECEIVE_RECORD; without one, open files that were taken out are dropped. */
export function tellReceived(
  core: Core,
  caller: TaskId,
  socket: Socket,
  record: number,
  recordLength: number,
  received: Received,
  isPeek: boolean,
): void {
  if (recordLength < RECEIVE_RECORD_BYTES) {
    if (!isPeek) core.state.dropped.push(...received.rights);
    return;
  }
  const { rights } = received;
  const bytes = new Uint8Array(RECEIVE_RECORD.rights + 8 * rights.length);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, value: number): void => view.setFloat64(offset, value, true);
  const address = received.name.length === 0 ? received.name : encodeAddress(received.name);
  bytes.set(address, RECEIVE_RECORD.name);
  put(RECEIVE_RECORD.nameLength, address.length);
  put(RECEIVE_RECORD.flags, received.flags);
  const { process, user, group } = received.credentials ?? NOBODY;
  put(RECEIVE_RECORD.hasCredentials, socket.passCredentials ? 1 : 0);
  put(RECEIVE_RECORD.process, process);
  put(RECEIVE_RECORD.user, user);
  put(RECEIVE_RECORD.group, group);
  put(RECEIVE_RECORD.isBoundary, received.isBoundary ? 1 : 0);
  put(RECEIVE_RECORD.rightsCount, rights.length);
  for (const [index, right] of rights.entries()) put(RECEIVE_RECORD.rights + 8 * index, right);
  core.kernel.copyOut(caller, record, bytes, 0, bytes.length);
}

/** Nobody receives any more: SIGPIPE as from the caller itself, unless it asked for none. */
export function brokenPipe(core: Core, caller: TaskId, flags: number): Result {
  const { kernel } = core;
  if (caller !== 0 && (flags & MSG_NOSIGNAL) === 0) {
    const process = kernel.attribute(caller, ATTRIBUTE.process);
    const user = kernel.attribute(caller, ATTRIBUTE.userId);
    kernel.postSignal(SIGNAL_TO_TASK, caller, SIGPIPE, SI_USER, process, user, 0);
  }
  return -EPIPE;
}

/** Where SO_PEEK_OFF says that a peek begins. */
export const peekSkip = (socket: Socket, isPeek: boolean): number =>
  isPeek && socket.peekOffset > 0 ? socket.peekOffset : 0;

/** SO_PEEK_OFF goes on with what was peeked at, and back with what was read. */
export function movePeek(socket: Socket, isPeek: boolean, lengthBytes: number): void {
  if (socket.peekOffset < 0) return;
  const moved = socket.peekOffset + (isPeek ? lengthBytes : -lengthBytes);
  socket.peekOffset = Math.max(0, moved);
}
