/**
 * Protocol of the network service: sockets. An open socket is a file of a file system that has no
 * names, so read, write, poll, ioctl, stat and close are those of `FileSystemService`; a socket's
 * node and its handle are the same number. What only sockets have is below, from number 100 on.
 *
 * Descriptors, paths and the references of open files in flight are the file service's: a message
 * carries only the numbers by which that service knows them.
 */
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  input,
  operation,
  output,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";
import { type FileSystemService, fileSystemProtocol } from "../file/protocol.js";

/**
 * What goes with a message to `send`, in little-endian doubles: 1 if credentials are given
 * (SCM_CREDENTIALS), process, user, group, then the numbers of the open files.
 */
export const SEND_RECORD = Object.freeze({
  hasCredentials: 0,
  process: 8,
  user: 16,
  group: 24,
  rights: 32,
} as const);

/** What came with a message, from `receive`: the sender's address, then little-endian doubles. */
export const RECEIVE_RECORD = Object.freeze({
  name: 0,
  nameLength: 128,
  /** MSG_TRUNC or 0. */
  flags: 136,
  /** 1: the socket wants credentials (SO_PASSCRED); they follow. */
  hasCredentials: 144,
  process: 152,
  user: 160,
  group: 168,
  /** 1: what comes next belongs to another message (MSG_WAITALL must not go on). */
  isBoundary: 176,
  rightsCount: 184,
  rights: 192,
} as const);
export const RECEIVE_RECORD_BYTES = RECEIVE_RECORD.rights + 253 * 8;

/** Bytes that `name` fills at most: a struct sockaddr_un, and a NUL behind a path that fills it. */
export const NAME_BYTES_MAX = 112;

export interface NetworkService extends FileSystemService {
  /** socket(2). @returns the socket, -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EINVAL */
  socket(caller: TaskId, family: number, type: number, transport: number): Result;
  /** socketpair(2). @returns the first socket; the second is the number behind it */
  pair(caller: TaskId, family: number, type: number, transport: number): Result;
  /** Type of a socket (SOCK_*). */
  typeOf(caller: TaskId, socket: number): Result;
  /** Whether the socket has a name. @returns 0, or -EINVAL: it has */
  mayBind(caller: TaskId, socket: number): Result;
  /** bind(2) to an abstract name (its bytes with the NUL at the front; length 0: one is chosen). */
  bindName(caller: TaskId, socket: number, name: number, nameLength: number): Result;
  /**
   * bind(2) to a node of a file system that the file service has made.
   * @param path the address as getsockname tells it, with a NUL at its end
   */
  bindNode(
    caller: TaskId,
    socket: number,
    device: number,
    node: number,
    path: number,
    pathLength: number,
  ): Result;
  /** The socket of an abstract name and of the type of `socket`. @returns it, or -ECONNREFUSED */
  findName(caller: TaskId, socket: number, name: number, nameLength: number): Result;
  /** The socket bound to a node. @returns it, -ECONNREFUSED, -EPROTOTYPE: of another type */
  findNode(caller: TaskId, socket: number, device: number, node: number): Result;
  listen(caller: TaskId, socket: number, backlog: number): Result;
  /** connect(2) to a socket that was found. @param target 0: a datagram socket loses its peer */
  connect(caller: TaskId, socket: number, target: number, flags: number): Result;
  /** accept(2). @param flags O_NONBLOCK of the listening open file @returns the new socket */
  accept(caller: TaskId, socket: number, flags: number): Result;
  /** getsockname(2), getpeername(2). @param which 0: own name, 1: the peer's @returns its length */
  name(caller: TaskId, socket: number, which: number, buffer: number, lengthBytes: number): Result;
  /**
   * send(2) of one message, or of as much of a stream as there is room for.
   * @param target socket that was found for the address; 0: the peer; -1: the peer, but an address
   *   was given
   * @param flags MSG_*; MSG_DONTWAIT also for O_NONBLOCK of the open file
   * @param record SEND_RECORD; length 0: nothing goes with it
   */
  send(
    caller: TaskId,
    socket: number,
    target: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
    record: number,
    recordLength: number,
  ): Result;
  /**
   * recv(2) of one message, or of what is there of a stream.
   * @param record RECEIVE_RECORD; length 0: open files that come along are dropped
   * @returns bytes; with MSG_TRUNC the message's own length
   */
  receive(
    caller: TaskId,
    socket: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
    record: number,
    recordLength: number,
  ): Result;
  shutdown(caller: TaskId, socket: number, how: number): Result;
  /** @returns bytes of the value, -ENOPROTOOPT */
  getOption(
    caller: TaskId,
    socket: number,
    option: number,
    value: number,
    lengthBytes: number,
  ): Result;
  setOption(
    caller: TaskId,
    socket: number,
    option: number,
    value: number,
    lengthBytes: number,
  ): Result;
  /**
   * How often something came to the socket (0: a message, a connection, an end), or it got room to
   * send after it had none (1): what SIGIO is sent for.
   */
  changes(caller: TaskId, socket: number, which: number): Result;
  /** The next open file of a message that nobody will read; 0: there is none. */
  dropped(caller: TaskId): Result;
  /**
   * Empties the queues of sockets that only messages in such queues refer to.
   * @param pairs of little-endian doubles: number of an open file in flight, its socket; all
   *   sockets that have no other reference
   * @returns how many sockets were emptied
   */
  collect(caller: TaskId, pairs: number, lengthBytes: number): Result;
  /** Text of /proc/net/unix from byte `offset` on. @returns bytes written */
  describe(caller: TaskId, offset: number, buffer: number, lengthBytes: number): Result;
}

export const networkProtocol = protocol<NetworkService>("network", {
  ...fileSystemProtocol("network").operations,
  socket: operation(100, "mutation", word, word, word),
  pair: operation(101, "mutation", word, word, word),
  typeOf: operation(102, "query", handle),
  mayBind: operation(103, "query", handle),
  bindName: operation(104, "mutation", handle, input(2), word),
  bindNode: operation(105, "mutation", handle, word, word, input(4), word),
  findName: operation(106, "query", handle, input(2), word),
  findNode: operation(107, "query", handle, word, word),
  listen: operation(108, "mutation", handle, word),
  connect: operation(109, "mutation", handle, handle, word),
  accept: operation(110, "mutation", handle, word),
  name: operation(111, "query", handle, word, output(3), word),
  send: operation(112, "mutation", handle, handle, input(3), word, word, input(6), word),
  receive: operation(113, "mutation", handle, output(2), word, word, output(5), word),
  shutdown: operation(114, "mutation", handle, word),
  getOption: operation(115, "mutation", handle, word, output(3), word),
  setOption: operation(116, "mutation", handle, word, input(3), word),
  dropped: operation(117, "mutation"),
  collect: operation(118, "mutation", input(1), word),
  changes: operation(120, "query", handle, word),
  describe: operation(119, "query", word, output(2), word),
});
