/** poll(2) and ioctl(2) of sockets: what can be done without waiting, and how much there is. */
import { EINVAL, ENOTTY } from "../../abi/errno.js";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "../../abi/poll.js";
import { SIOCINQ, SIOCOUTQ } from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { isWritable } from "./queue.js";
import {
  type Core,
  isConnectionType,
  LISTENING,
  SHUT_BOTH,
  SHUT_RECEIVE,
  type Socket,
  UNCONNECTED,
} from "./state.js";

const WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND;

/** The peer of a datagram socket whose queue, when it is full, a send would wait for. */
function receiverOf(core: Core, socket: Socket): Socket | undefined {
  if (isConnectionType(socket)) return undefined;
  const peer = core.state.sockets.get(socket.peer);
  return peer === undefined || peer.peer === socket.id || peer === socket ? undefined : peer;
}

/** @param register 1: also wait on the socket's channels @returns events that hold now */
export function pollSocket(
  core: Core,
  caller: TaskId,
  socket: Socket,
  events: number,
  register: number,
): Result {
  const { kernel } = core;
  let ready = 0;
  if (socket.error !== 0) ready |= POLLERR;
  if ((socket.shut & SHUT_RECEIVE) !== 0) ready |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (socket.shut === SHUT_BOTH) ready |= POLLHUP;
  if (socket.queue.length > 0 || socket.pending.length > 0) ready |= POLLIN | POLLRDNORM;
  if (isConnectionType(socket) && socket.state === UNCONNECTED) ready |= POLLHUP;
  const receiver = receiverOf(core, socket);
  const isFull = receiver !== undefined && receiver.queue.length > receiver.backlog;
  const isListening = socket.state === LISTENING;
  if (!isListening && isWritable(socket) && !isFull) ready |= WRITABLE;
  if (register === 1) {
    // Also woken by what ends a connection (POLLHUP, POLLERR), whatever was asked for. Room is an
    // event for those only who ask for it (EPOLLET).
    kernel.block(caller, socket.readChannel);
    if ((events & WRITABLE) !== 0) {
      kernel.block(caller, socket.writeChannel);
      if (receiver !== undefined) kernel.block(caller, receiver.roomChannel);
    }
  }
  return ready & (events | POLLERR | POLLHUP);
}

/** FIONREAD (SIOCINQ) and SIOCOUTQ. */
export function control(
  core: Core,
  caller: TaskId,
  socket: Socket,
  request: number,
  argument: number,
  lengthBytes: number,
): Result {
  if (request !== SIOCINQ && request !== SIOCOUTQ) return -ENOTTY;
  if (lengthBytes < 4 || (request === SIOCINQ && socket.state === LISTENING)) return -EINVAL;
  const waiting = isConnectionType(socket)
    ? socket.queuedBytes
    : (socket.queue[0]?.bytes.length ?? 0);
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, request === SIOCINQ ? waiting : socket.sentBytes, true);
  return core.kernel.copyOut(caller, argument, bytes, 0, 4);
}
