/** Operations of the file service on sockets: part of protocol.ts; numbers 240 to 259. */
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  operation,
  output,
  outputOf,
  type Result,
  word,
} from "../../kernel/protocol.js";

/**
 * What came with a message, from `receiveSocket`: the sender's address, 32-bit words, then control
 * messages (struct cmsghdr) in the rest of the record.
 */
export const MESSAGE_RECORD = Object.freeze({
  name: 0,
  nameLength: 128,
  /** MSG_TRUNC, MSG_CTRUNC, MSG_CMSG_CLOEXEC. */
  flags: 132,
  controlLength: 136,
  /** 1: what comes next belongs to another message. */
  isBoundary: 140,
  control: 144,
} as const);

/** Addresses are a struct sockaddr and its length; an absent one has length 0. Errors: the pages
 * of the calls that have these names. Every operation: -EBADF, -ENOTSOCK. */
export interface SocketOperations {
  /** @param type SOCK_*, with SOCK_CLOEXEC and SOCK_NONBLOCK */
  socket(caller: TaskId, family: number, type: number, transport: number): Result;
  /** Two descriptors as 32-bit words into the range. */
  socketPair(
    caller: TaskId,
    family: number,
    type: number,
    transport: number,
    descriptors: number,
  ): Result;
  bindSocket(caller: TaskId, descriptor: number, address: number, addressLength: number): Result;
  listenSocket(caller: TaskId, descriptor: number, backlog: number): Result;
  /** @param flags SOCK_CLOEXEC, SOCK_NONBLOCK */
  acceptSocket(caller: TaskId, descriptor: number, flags: number): Result;
  connectSocket(caller: TaskId, descriptor: number, address: number, addressLength: number): Result;
  /** @param which 0: own address, 1: the peer's @returns its length; no more is stored than fits */
  socketName(
    caller: TaskId,
    descriptor: number,
    which: number,
    buffer: number,
    lengthBytes: number,
  ): Result;
  /** @returns SOCK_* */
  socketType(caller: TaskId, descriptor: number): Result;
  /**
   * @param flags MSG_*
   * @param control control messages (struct cmsghdr): SCM_RIGHTS, SCM_CREDENTIALS
   */
  sendSocket(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
    address: number,
    addressLength: number,
    control: number,
    controlLength: number,
  ): Result;
  /** @param record MESSAGE_RECORD; length 0: none */
  receiveSocket(
    caller: TaskId,
    descriptor: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
    record: number,
    recordLength: number,
  ): Result;
  shutdownSocket(caller: TaskId, descriptor: number, how: number): Result;
  /** @returns bytes of the value */
  getSocketOption(
    caller: TaskId,
    descriptor: number,
    level: number,
    option: number,
    value: number,
    lengthBytes: number,
  ): Result;
  setSocketOption(
    caller: TaskId,
    descriptor: number,
    level: number,
    option: number,
    value: number,
    lengthBytes: number,
  ): Result;
}

/** The table of SocketOperations. */
export const SOCKET_OPERATIONS = Object.freeze({
  socket: operation(240, "mutation", word, word, word),
  socketPair: operation(241, "mutation", word, word, word, outputOf(8)),
  bindSocket: operation(242, "mutation", handle, input(2), word),
  listenSocket: operation(243, "mutation", handle, word),
  acceptSocket: operation(244, "mutation", handle, word),
  connectSocket: operation(245, "mutation", handle, input(2), word),
  socketName: operation(246, "query", handle, word, output(3), word),
  socketType: operation(247, "query", handle),
  sendSocket: operation(
    248,
    "mutation",
    handle,
    input(2),
    word,
    word,
    input(5),
    word,
    input(7),
    word,
  ),
  receiveSocket: operation(249, "mutation", handle, output(2), word, word, output(5), word),
  shutdownSocket: operation(250, "mutation", handle, word),
  getSocketOption: operation(251, "mutation", handle, word, word, output(4), word),
  setSocketOption: operation(252, "mutation", handle, word, word, input(4), word),
});
