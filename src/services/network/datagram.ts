/**
 * Messages with boundaries: datagrams, each with its own destination or the one that connect chose,
 * and the packets of a connection (SOCK_SEQPACKET). A message goes whole or not at all.
 */
import {
  EAGAIN,
  ECONNREFUSED,
  EMSGSIZE,
  ENOBUFS,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from "../../abi/errno.js";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC } from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  dequeue,
  enqueue,
  hasMemory,
  hasRoom,
  movePeek,
  peekSkip,
  readAttached,
  senderName,
  tellReceived,
} from "./queue.js";
import {
  CONNECTED,
  type Core,
  isConnectionType,
  SHUT_RECEIVE,
  SHUT_SEND,
  type Socket,
  takeError,
  UNCONNECTED,
  wait,
} from "./state.js";

/** A message is smaller than the sender's buffer by this (Linux: unix_dgram_sendmsg). */
const LIMIT_MARGIN_BYTES = 32;

/** send(2) of one message. @returns its length, -EAGAIN, BLOCKED or another errno */
export function sendMessage(
  core: Core,
  caller: TaskId,
  socket: Socket,
  target: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
  record: number,
  recordLength: number,
): Result {
  const { kernel } = core;
  const refused = maySend(socket, target, lengthBytes, flags);
  if (refused < 0) return refused;
  const canWait = (flags & MSG_DONTWAIT) === 0;
  if (!hasRoom(socket)) {
    return canWait ? wait(core, caller, socket.writeChannel, socket.sendTimeout) : -EAGAIN;
  }
  const to = receiverOf(core, socket, target);
  if (typeof to === "number") return to;
  const isOwn = to.peer === socket.id || to === socket;
  if (!isOwn && to.queue.length > to.backlog) {
    return canWait ? wait(core, caller, to.roomChannel, socket.sendTimeout) : -EAGAIN;
  }
  if (canWait && kernel.forced(caller)) return kernel.block(caller, socket.writeChannel);
  if (!hasMemory(core, caller, lengthBytes)) return -ENOBUFS;
  const attached = readAttached(core, caller, record, recordLength);
  if (typeof attached === "number") return attached;
  const bytes = new Uint8Array(lengthBytes);
  const failed = lengthBytes > 0 ? kernel.copyIn(caller, buffer, bytes, 0, lengthBytes) : 0;
  if (failed < 0) return failed;
  enqueue(core, caller, socket, to, bytes, attached);
  return lengthBytes;
}

/** Refusals that the sender alone decides. @returns 0 or -errno */
function maySend(socket: Socket, target: number, lengthBytes: number, flags: number): Result {
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if (isConnectionType(socket)) {
    if (socket.error !== 0) return takeError(socket);
    if (socket.state !== CONNECTED) return -ENOTCONN;
  } else if (target <= 0 && socket.peer === 0) return -ENOTCONN;
  if (lengthBytes > socket.sendLimitBytes - LIMIT_MARGIN_BYTES) return -EMSGSIZE;
  if (socket.error !== 0) return takeError(socket);
  return (socket.shut & SHUT_SEND) === 0 ? 0 : -EPIPE;
}

/** Who gets the message. @returns the socket or -errno */
function receiverOf(core: Core, socket: Socket, target: number): Socket | Result {
  const isPacket = isConnectionType(socket);
  const to = core.state.sockets.get(target > 0 && !isPacket ? target : socket.peer);
  if (to === undefined || (!to.isOpen && !isPacket)) {
    if (isPacket) return -EPIPE;
    socket.peer = 0;
    socket.state = UNCONNECTED;
    return -ECONNREFUSED;
  }
  if (!isPacket && to.peer !== 0 && to.peer !== socket.id) return -EPERM;
  return (to.shut & SHUT_RECEIVE) === 0 ? to : -EPIPE;
}

/** recv(2) of one message. @returns bytes, with MSG_TRUNC the message's length; 0 at the end */
export function receiveMessage(
  core: Core,
  caller: TaskId,
  socket: Socket,
  buffer: number,
  lengthBytes: number,
  flags: number,
  record: number,
  recordLength: number,
): Result {
  const { kernel } = core;
  if (isConnectionType(socket) && socket.state !== CONNECTED) return -ENOTCONN;
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  const isPeek = (flags & MSG_PEEK) !== 0;
  const canWait = (flags & MSG_DONTWAIT) === 0;
  const isShut = (socket.shut & SHUT_RECEIVE) !== 0;
  const { index, skip } = place(socket, isPeek);
  const message = socket.queue[index];
  if (canWait) {
    if (message === undefined && socket.error === 0 && !isShut) {
      return wait(core, caller, socket.readChannel, socket.receiveTimeout);
    }
    if (kernel.forced(caller)) return kernel.block(caller, socket.readChannel);
  }
  if (socket.error !== 0) return takeError(socket);
  if (message === undefined) return isShut && (canWait || isConnectionType(socket)) ? 0 : -EAGAIN;
  const whole = message.bytes.length - skip;
  const length = Math.min(lengthBytes, whole);
  const failed = length > 0 ? kernel.copyOut(caller, buffer, message.bytes, skip, length) : 0;
  if (failed < 0) return failed;
  if (!isPeek) dequeue(core, socket, index);
  movePeek(socket, isPeek, isPeek ? length : message.bytes.length);
  const { credentials, rights } = message;
  const isCut = length < whole;
  const name = senderName(core, message);
  const received = { name, flags: isCut ? MSG_TRUNC : 0, credentials, isBoundary: true, rights };
  tellReceived(core, caller, socket, record, recordLength, received, isPeek);
  return (flags & MSG_TRUNC) !== 0 ? whole : length;
}

/** The message that a receive takes: the first, unless SO_PEEK_OFF lies behind it. */
function place(socket: Socket, isPeek: boolean) {
  let skip = peekSkip(socket, isPeek);
  let index = 0;
  while (index < socket.queue.length) {
    const length = socket.queue[index]?.bytes.length ?? 0;
    if (skip === 0 || skip < length) break;
    skip -= length;
    index++;
  }
  return { index, skip };
}
