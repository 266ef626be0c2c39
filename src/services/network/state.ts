/**
 * What the network service keeps, as plain data, and how its parts get at it. Layers, from below:
 * state → names.ts (addresses), queue.ts (messages and the room they take) → connections.ts
 * (listen, connect, accept, the end of a socket), stream.ts and datagram.ts (send, receive),
 * options.ts, ready.ts (poll), collect.ts (cycles) → network.ts (the service).
 */
import { EAGAIN } from "../../abi/errno.js";
import { BUFFER_BYTES, SOCK_DGRAM, SOCK_STREAM } from "../../abi/socket.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";

/** Wake every waiting call. */
export const ALL = 2 ** 31 - 1;
/** Bits of `shut`: the socket receives, sends no more. */
export const SHUT_RECEIVE = 1;
export const SHUT_SEND = 2;
export const SHUT_BOTH = SHUT_RECEIVE | SHUT_SEND;

/** States of a socket. */
export const UNCONNECTED = 0;
export const LISTENING = 1;
export const CONNECTED = 2;

/** Who is at the other side (SO_PEERCRED, SCM_CREDENTIALS). */
export interface Credentials {
  readonly process: number;
  readonly user: number;
  readonly group: number;
}

export interface Message {
  readonly bytes: Uint8Array;
  /** Bytes before this one were read (streams). */
  offset: number;
  /** The socket whose buffer it counts against, and how much. */
  readonly sender: number;
  readonly chargeBytes: number;
  /** The job that is charged for it. */
  readonly job: number;
  /** The sender's address; empty: it had none. */
  readonly name: Uint8Array;
  /** undefined: nobody wanted to know when it was sent. */
  readonly credentials: Credentials | undefined;
  /** Open files in flight, by the file service's numbers. */
  rights: number[];
}

export interface Socket {
  readonly id: number;
  /** The job that is charged for it. */
  readonly job: number;
  readonly type: number;
  state: number;
  /** The open file (1) and those who hold the node (O_PATH). */
  references: number;
  isOpen: boolean;
  /** Socket at the other end; 0: none. It may be gone. */
  peer: number;
  /** Its address, once it is gone. */
  peerName: Uint8Array;
  peerCredentials: Credentials | undefined;
  /** sun_path as getsockname tells it; empty: without a name. */
  name: Uint8Array;
  /** Its key in `names`; "": none. */
  nameKey: string;
  shut: number;
  /** Errno that the next operation reports (SO_ERROR); 0: none. */
  error: number;
  /** Messages to be received, the oldest first. */
  readonly queue: Message[];
  queuedBytes: number;
  /** What its messages take that were not received yet. */
  sentBytes: number;
  /** Of a listening socket: sockets that wait to be accepted, and how many more may. */
  readonly pending: number[];
  backlog: number;
  /** Who waits for messages or connections; to send; for room in this socket's queue. */
  readonly readChannel: number;
  readonly writeChannel: number;
  readonly roomChannel: number;
  sendLimitBytes: number;
  receiveLimitBytes: number;
  receiveLeastBytes: number;
  /** How often something came, and there was room again after there was none. */
  arrivals: number;
  rooms: number;
  /** Nanoseconds; 0: no limit; -1: none at all. */
  receiveTimeout: number;
  sendTimeout: number;
  passCredentials: boolean;
  /** SO_PEEK_OFF; -1: off. */
  peekOffset: number;
  /** Options that change nothing here, by number (SO_REUSEADDR, SO_KEEPALIVE, …). */
  readonly options: Map<number, number>;
  mode: number;
  userId: number;
  groupId: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface NetworkState {
  nextId: number;
  readonly sockets: Map<number, Socket>;
  /** By key: the socket of an abstract name or a node. */
  readonly names: Map<string, number>;
  /** Where the choice of a name begins (bind without one). */
  nextName: number;
  /** What all messages take. */
  queuedBytes: number;
  /** Open files of messages that nobody will read. */
  readonly dropped: number[];
}

/** What the functions of this folder work on. */
export interface Core {
  readonly kernel: KernelCalls;
  readonly state: NetworkState;
}

/** The socket; an unknown number is our bug. */
export function socketAt(core: Core, id: number): Socket {
  const found = core.state.sockets.get(id);
  if (found === undefined) throw new Error(`network: socket ${id} does not exist`);
  return found;
}

/** Streams and sequenced packets have connections; datagrams have none. */
export const isConnectionType = (socket: Socket): boolean => socket.type !== SOCK_DGRAM;

/** Streams have no boundaries. */
export const isStream = (socket: Socket): boolean => socket.type === SOCK_STREAM;

/** What a socket takes of the host's memory. */
const SOCKET_BYTES = 1536;

/** The job that is charged for what the caller makes. */
export const jobOf = (core: Core, caller: TaskId): number =>
  caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.job);

/** Whether the caller's job can have so many sockets more. @returns 0 or -ENOMEM */
export const mayAddSockets = (core: Core, caller: TaskId, count: number): Result =>
  core.kernel.mayHold(jobOf(core, caller), count * SOCKET_BYTES, 0);

/** A new socket that nothing is known of; the caller owns its node. */
export function addSocket(core: Core, caller: TaskId, type: number): Socket {
  const { kernel, state } = core;
  const id = state.nextId++;
  const job = jobOf(core, caller);
  kernel.hold(job, SOCKET_BYTES, 0);
  const socket: Socket = {
    id,
    job,
    type,
    state: UNCONNECTED,
    references: 1,
    isOpen: true,
    peer: 0,
    peerName: new Uint8Array(0),
    peerCredentials: undefined,
    name: new Uint8Array(0),
    nameKey: "",
    shut: 0,
    error: 0,
    queue: [],
    queuedBytes: 0,
    sentBytes: 0,
    pending: [],
    backlog: QUEUE_MESSAGES_MAX,
    readChannel: kernel.newChannel(),
    writeChannel: kernel.newChannel(),
    roomChannel: kernel.newChannel(),
    sendLimitBytes: BUFFER_BYTES,
    receiveLimitBytes: BUFFER_BYTES,
    receiveLeastBytes: 1,
    arrivals: 0,
    rooms: 0,
    receiveTimeout: 0,
    sendTimeout: 0,
    passCredentials: false,
    peekOffset: -1,
    options: new Map(),
    mode: 0o777,
    userId: kernel.attribute(caller, ATTRIBUTE.fileSystemUserId),
    groupId: kernel.attribute(caller, ATTRIBUTE.fileSystemGroupId),
    seconds: kernel.realtimeSeconds(),
    nanoseconds: kernel.realtimeNanoseconds(),
  };
  state.sockets.set(id, socket);
  return socket;
}

/** Messages that wait for a datagram socket, beyond which others wait (net.unix.max_dgram_qlen). */
const QUEUE_MESSAGES_MAX = 10;

/** Drops a reference of the node; with the last one the socket is forgotten. */
export function releaseSocket(core: Core, socket: Socket): void {
  socket.references--;
  if (socket.references > 0) return;
  core.state.sockets.delete(socket.id);
  core.kernel.hold(socket.job, -SOCKET_BYTES, 0);
}

/** The caller's credentials as SO_PEERCRED tells them: the effective ids. */
export function credentialsOf(core: Core, caller: TaskId): Credentials {
  const { kernel } = core;
  return {
    process: kernel.attribute(caller, ATTRIBUTE.process),
    user: kernel.attribute(caller, ATTRIBUTE.effectiveUserId),
    group: kernel.attribute(caller, ATTRIBUTE.effectiveGroupId),
  };
}

/** The error that stands for the next operation, once. @returns 0 or -errno */
export function takeError(socket: Socket): Result {
  const { error } = socket;
  socket.error = 0;
  return -error;
}

/**
 * Waits on a channel, at most for the time that SO_RCVTIMEO or SO_SNDTIMEO allows.
 * @param timeout nanoseconds; 0: for ever; below: not at all
 * @returns BLOCKED, or -EAGAIN when the time is over
 */
export function wait(core: Core, caller: TaskId, channel: number, timeout: number): Result {
  const { kernel } = core;
  if (timeout < 0) return -EAGAIN;
  if (timeout > 0) {
    const deadline = kernel.deadline(caller);
    const now = kernel.monotonicNanoseconds();
    if (deadline === Number.POSITIVE_INFINITY) kernel.setDeadline(caller, now + timeout);
    else if (now >= deadline) return -EAGAIN;
  }
  return kernel.block(caller, channel);
}
