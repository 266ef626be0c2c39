/**
 * Bytes through a stream socket. Each send makes messages of a few pages; a receive goes over as
 * many as it has room for, but not from one sender's credentials to another's (if it wants them),
 * nor beyond a message with open files (unix(7), "Ancillary messages").
 */
import { EAGAIN, EINVAL, EISCONN, ENOBUFS, ENOTCONN, EOPNOTSUPP } from "../../abi/errno.js";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK } from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  brokenPipe,
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
  type Credentials,
  type Message,
  SHUT_RECEIVE,
  SHUT_SEND,
  type Socket,
  takeError,
  wait,
} from "./state.js";

/** A send is cut into messages of at most this size. */
const PIECE_BYTES_MAX = 32768;

/** send(2) on a stream. @returns bytes that found room, -EPIPE (with SIGPIPE), -EAGAIN, BLOCKED */
export function sendStream(
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
  if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
  if (target !== 0) return socket.state === CONNECTED ? -EISCONN : -EOPNOTSUPP;
  if (socket.state !== CONNECTED) return -ENOTCONN;
  if ((socket.shut & SHUT_SEND) !== 0) return brokenPipe(core, caller, flags);
  if (lengthBytes === 0) return 0;
  if (socket.error !== 0) return takeError(socket);
  const peer = core.state.sockets.get(socket.peer);
  if (peer === undefined || (peer.shut & SHUT_RECEIVE) !== 0) {
    return brokenPipe(core, caller, flags);
  }
  if ((flags & MSG_DONTWAIT) === 0) {
    if (!hasRoom(socket)) return wait(core, caller, socket.writeChannel, socket.sendTimeout);
    if (kernel.forced(caller)) return kernel.block(caller, socket.writeChannel);
  } else if (!hasRoom(socket)) return -EAGAIN;
  if (!hasMemory(core, caller, Math.min(lengthBytes, socket.sendLimitBytes))) return -ENOBUFS;
  const attached = readAttached(core, caller, record, recordLength);
  if (typeof attached === "number") return attached;
  const pieceMax = Math.min(PIECE_BYTES_MAX, Math.max(1, (socket.sendLimitBytes >> 1) - 64));
  let { rights } = attached;
  let done = 0;
  while (done < lengthBytes && hasRoom(socket)) {
    const bytes = new Uint8Array(Math.min(lengthBytes - done, pieceMax));
    const failed = kernel.copyIn(caller, buffer + done, bytes, 0, bytes.length);
    if (failed < 0) return done > 0 ? done : failed;
    enqueue(core, caller, socket, peer, bytes, { credentials: attached.credentials, rights });
    rights = [];
    done += bytes.length;
  }
  return done;
}

/** recv(2) on a stream. @returns bytes, 0 at the end, -EAGAIN or BLOCKED */
export function receiveStream(
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
  if (socket.state !== CONNECTED) return -EINVAL;
  // Nothing is ever sent out of band.
  if ((flags & MSG_OOB) !== 0) return -EINVAL;
  const isPeek = (flags & MSG_PEEK) !== 0;
  const available = socket.queuedBytes - peekSkip(socket, isPeek);
  const isOver = socket.error !== 0 || (socket.shut & SHUT_RECEIVE) !== 0;
  if ((flags & MSG_DONTWAIT) === 0) {
    const least = Math.max(1, Math.min(socket.receiveLeastBytes, lengthBytes));
    if (available < least && !isOver) {
      const waits = wait(core, caller, socket.readChannel, socket.receiveTimeout);
      if (available <= 0 || waits !== -EAGAIN) return waits;
    } else if (kernel.forced(caller)) return kernel.block(caller, socket.readChannel);
  }
  if (available <= 0) {
    if (socket.error !== 0) return takeError(socket);
    return isOver ? 0 : -EAGAIN;
  }
  const gathered = gather(core, caller, socket, buffer, lengthBytes, isPeek);
  if (gathered.done < 0) return gathered.done;
  movePeek(socket, isPeek, gathered.done);
  const { name, credentials, isBoundary, rights } = gathered;
  const received = { name, flags: 0, credentials, isBoundary, rights };
  tellReceived(core, caller, socket, record, recordLength, received, isPeek);
  return gathered.done;
}

const sameCredentials = (a: Credentials | undefined, b: Credentials | undefined): boolean =>
  a?.process === b?.process && a?.user === b?.user && a?.group === b?.group;

/** Copies what the messages have. `done` < 0: -errno, and nothing was taken. */
function gather(
  core: Core,
  caller: TaskId,
  socket: Socket,
  buffer: number,
  lengthBytes: number,
  isPeek: boolean,
) {
  let skip = peekSkip(socket, isPeek);
  let index = 0;
  while (skip >= unreadBytes(socket.queue[index])) skip -= unreadBytes(socket.queue[index++]);
  const first = socket.queue[index] as Message;
  const result = {
    done: 0,
    name: senderName(core, first),
    credentials: first.credentials,
    isBoundary: false,
    rights: [] as number[],
  };
  for (;;) {
    const message = socket.queue[index];
    if (message === undefined) break;
    if (socket.passCredentials && !sameCredentials(message.credentials, first.credentials)) {
      result.isBoundary = true;
      break;
    }
    const start = message.offset + skip;
    const length = Math.min(lengthBytes - result.done, message.bytes.length - start);
    const at = buffer + result.done;
    const failed = length > 0 ? core.kernel.copyOut(caller, at, message.bytes, start, length) : 0;
    if (failed < 0) {
      if (result.done === 0) result.done = failed;
      break;
    }
    result.done += length;
    if (message.rights.length > 0) {
      result.rights = message.rights;
      result.isBoundary = true;
    }
    if (isPeek) index++;
    else consume(core, socket, message, length);
    skip = 0;
    if (result.isBoundary || result.done >= lengthBytes) break;
  }
  return result;
}

const unreadBytes = (message: Message | undefined): number =>
  message === undefined ? Number.POSITIVE_INFINITY : message.bytes.length - message.offset;

/** Takes bytes off the first message; its open files go with the first of them. */
function consume(core: Core, socket: Socket, message: Message, lengthBytes: number): void {
  message.offset += lengthBytes;
  socket.queuedBytes -= lengthBytes;
  message.rights = [];
  if (message.offset === message.bytes.length) dequeue(core, socket, 0);
}
