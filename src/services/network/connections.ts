/**
 * From two sockets to a connection and back: socketpair, listen, connect, accept, shutdown, and the
 * end of a socket (unix(7), connect(2), listen(2)).
 */
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  ENOMEM,
  EOPNOTSUPP,
  EPERM,
} from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { BACKLOG_MAX, SHUT_RD, SHUT_RDWR } from "../../abi/socket.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { dropMessages } from "./queue.js";
import {
  ALL,
  addSocket,
  CONNECTED,
  type Core,
  credentialsOf,
  isConnectionType,
  LISTENING,
  mayAddSockets,
  releaseSocket,
  SHUT_BOTH,
  SHUT_RECEIVE,
  SHUT_SEND,
  type Socket,
  socketAt,
  UNCONNECTED,
  wait,
} from "./state.js";

function wakeAll(core: Core, socket: Socket): void {
  core.kernel.wake(socket.readChannel, ALL);
  core.kernel.wake(socket.writeChannel, ALL);
  core.kernel.wake(socket.roomChannel, ALL);
}

/** socketpair(2): two sockets with numbers one after the other. @returns the first */
export function makePair(core: Core, caller: TaskId, type: number): Result {
  if (mayAddSockets(core, caller, 2) < 0) return -ENOMEM;
  const first = addSocket(core, caller, type);
  const second = addSocket(core, caller, type);
  for (const [socket, peer] of [
    [first, second],
    [second, first],
  ] as const) {
    socket.peer = peer.id;
    socket.state = CONNECTED;
    socket.peerCredentials = credentialsOf(core, caller);
  }
  return first.id;
}

/** listen(2). */
export function listen(core: Core, caller: TaskId, id: number, backlog: number): Result {
  const socket = socketAt(core, id);
  if (!isConnectionType(socket)) return -EOPNOTSUPP;
  if (socket.nameKey === "" || socket.state === CONNECTED) return -EINVAL;
  socket.backlog = backlog < 0 ? BACKLOG_MAX : Math.min(backlog, BACKLOG_MAX);
  socket.state = LISTENING;
  socket.peerCredentials = credentialsOf(core, caller);
  wakeAll(core, socket);
  return 0;
}

/** connect(2). @param target the socket at the address; 0: a datagram socket loses its peer */
export function connect(
  core: Core,
  caller: TaskId,
  id: number,
  target: number,
  flags: number,
): Result {
  const socket = socketAt(core, id);
  if (!isConnectionType(socket)) return choosePeer(core, socket, target);
  const listener = socketAt(core, target);
  if (listener.state !== LISTENING || (listener.shut & SHUT_RECEIVE) !== 0) return -ECONNREFUSED;
  if (socket.state !== UNCONNECTED) return socket.state === CONNECTED ? -EISCONN : -EINVAL;
  const isFull = listener.pending.length > listener.backlog;
  if ((flags & O_NONBLOCK) !== 0) {
    if (isFull) return -EAGAIN;
  } else if (isFull) return wait(core, caller, listener.roomChannel, socket.sendTimeout);
  else if (core.kernel.forced(caller)) return core.kernel.block(caller, listener.roomChannel);
  if (mayAddSockets(core, caller, 1) < 0) return -ENOMEM;
  const server = addSocket(core, caller, socket.type);
  server.isOpen = false;
  server.name = listener.name;
  server.passCredentials = listener.passCredentials;
  server.peer = id;
  server.peerCredentials = credentialsOf(core, caller);
  server.state = CONNECTED;
  socket.peer = server.id;
  socket.peerCredentials = listener.peerCredentials;
  socket.state = CONNECTED;
  listener.pending.push(server.id);
  listener.arrivals++;
  core.kernel.wake(listener.readChannel, ALL);
  wakeAll(core, socket);
  return 0;
}

/** A datagram socket's peer: where it sends, and from whom alone it receives. */
function choosePeer(core: Core, socket: Socket, target: number): Result {
  const peer = target === 0 ? undefined : socketAt(core, target);
  if (peer !== undefined && peer.peer !== 0 && peer.peer !== socket.id) return -EPERM;
  const old = core.state.sockets.get(socket.peer);
  socket.peer = target;
  socket.state = target === 0 ? UNCONNECTED : CONNECTED;
  if (old !== undefined && old !== peer) {
    // What came from the old peer is lost, and it is told (Linux: unix_dgram_disconnected).
    const isLost = socket.queue.length > 0;
    dropMessages(core, socket);
    if (isLost && old.peer === socket.id) old.error = ECONNRESET;
    wakeAll(core, old);
  }
  wakeAll(core, socket);
  return 0;
}

/** accept(2). @returns the new socket, -EAGAIN or BLOCKED */
export function accept(core: Core, caller: TaskId, id: number, flags: number): Result {
  const { kernel } = core;
  const listener = socketAt(core, id);
  if (!isConnectionType(listener)) return -EOPNOTSUPP;
  if (listener.state !== LISTENING) return -EINVAL;
  const isEmpty = listener.pending.length === 0;
  const isShut = (listener.shut & SHUT_RECEIVE) !== 0;
  if ((flags & O_NONBLOCK) === 0) {
    if (isEmpty && !isShut) {
      return wait(core, caller, listener.readChannel, listener.receiveTimeout);
    }
    if (kernel.forced(caller)) return kernel.block(caller, listener.readChannel);
  }
  const first = listener.pending.shift();
  if (first === undefined) return isShut ? -EINVAL : -EAGAIN;
  const server = socketAt(core, first);
  server.isOpen = true;
  server.userId = kernel.attribute(caller, ATTRIBUTE.fileSystemUserId);
  server.groupId = kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId);
  kernel.wake(listener.roomChannel, ALL);
  return first;
}

/** shutdown(2): in connections the peer loses the other direction. */
export function shutdown(core: Core, id: number, how: number): Result {
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  const socket = socketAt(core, id);
  const bits = how + 1;
  socket.shut |= bits;
  wakeAll(core, socket);
  const peer = isConnectionType(socket) ? core.state.sockets.get(socket.peer) : undefined;
  if (peer === undefined) return 0;
  if ((bits & SHUT_RECEIVE) !== 0) peer.shut |= SHUT_SEND;
  if ((bits & SHUT_SEND) !== 0) peer.shut |= SHUT_RECEIVE;
  peer.arrivals++;
  wakeAll(core, peer);
  return 0;
}

/** The last reference of the open file has gone, or the socket that was to be accepted. */
export function closeSocket(core: Core, id: number): Result {
  const { state } = core;
  const socket = socketAt(core, id);
  const isUnread = socket.queue.length > 0 || !socket.isOpen;
  socket.isOpen = false;
  state.names.delete(socket.nameKey);
  for (const pending of socket.pending.splice(0)) closeSocket(core, pending);
  const peer = isConnectionType(socket) ? state.sockets.get(socket.peer) : undefined;
  if (peer !== undefined && peer.peer === id) {
    peer.shut = SHUT_BOTH;
    peer.arrivals++;
    peer.peerName = socket.name;
    if (isUnread) peer.error = ECONNRESET;
    wakeAll(core, peer);
  }
  dropMessages(core, socket);
  wakeAll(core, socket);
  releaseSocket(core, socket);
  return 0;
}
