/**
 * The network service: sockets of the Unix domain. Each operation is a few lines here; the work is
 * in the files that state.ts lists.
 */
import {
  EAFNOSUPPORT,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENXIO,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  ESPIPE,
} from "../../abi/errno.js";
import { encodeStat, encodeStatfs, O_NONBLOCK, S_IFMT, S_IFSOCK } from "../../abi/file.js";
import {
  AF_UNIX,
  FAMILIES,
  MSG_DONTWAIT,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOCKET_TYPES,
  SOCKFS_MAGIC,
} from "../../abi/socket.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX, type Result } from "../../kernel/protocol.js";
import { NODE, unsupported } from "../file/protocol.js";
import { collect } from "./collect.js";
import { accept, closeSocket, connect, listen, makePair, shutdown } from "./connections.js";
import { receiveMessage, sendMessage } from "./datagram.js";
import { describe } from "./describe.js";
import { bindName, bindNode, findName, findNode, mayBind, tellName } from "./names.js";
import { getOption, setOption } from "./options.js";
import { type NetworkService, networkProtocol } from "./protocol.js";
import { control, pollSocket } from "./ready.js";
import {
  addSocket,
  type Core,
  isStream,
  mayAddSockets,
  type NetworkState,
  releaseSocket,
  type Socket,
  socketAt,
} from "./state.js";
import { receiveStream, sendStream } from "./stream.js";

/** @returns the type that is made (SOCK_RAW is SOCK_DGRAM, as on Linux), or -errno (socket(2)) */
function checkType(family: number, type: number, transport: number): Result {
  if (family < 0 || family >= FAMILIES) return -EAFNOSUPPORT;
  if (type < 0 || type >= SOCKET_TYPES) return -EINVAL;
  if (family !== AF_UNIX) return -EAFNOSUPPORT;
  if (transport !== 0 && transport !== AF_UNIX) return -EPROTONOSUPPORT;
  if (type === SOCK_RAW) return SOCK_DGRAM;
  const isKnown = type === SOCK_STREAM || type === SOCK_DGRAM || type === SOCK_SEQPACKET;
  return isKnown ? type : -ESOCKTNOSUPPORT;
}

/** Flags of the open file as those of a message. */
const messageFlags = (flags: number): number => ((flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0);

/** What the socket is to stat(2), by NODE number. */
function attributesOf(socket: Socket): Readonly<Record<number, number>> {
  const { seconds, nanoseconds } = socket;
  return {
    [NODE.mode]: S_IFSOCK | socket.mode,
    [NODE.userId]: socket.userId,
    [NODE.groupId]: socket.groupId,
    [NODE.sizeBytes]: 0,
    [NODE.links]: 1,
    [NODE.device]: 0,
    [NODE.accessSeconds]: seconds,
    [NODE.accessNanoseconds]: nanoseconds,
    [NODE.modifySeconds]: seconds,
    [NODE.modifyNanoseconds]: nanoseconds,
    [NODE.changeSeconds]: seconds,
    [NODE.changeNanoseconds]: nanoseconds,
    [NODE.inode]: socket.id,
  };
}

function statOf(socket: Socket, device: number): Uint8Array {
  const { seconds, nanoseconds } = socket;
  return encodeStat({
    device,
    inode: socket.id,
    mode: S_IFSOCK | socket.mode,
    links: 1,
    userId: socket.userId,
    groupId: socket.groupId,
    specialDevice: 0,
    sizeBytes: 0,
    blocks: 0,
    accessSeconds: seconds,
    accessNanoseconds: nanoseconds,
    modifySeconds: seconds,
    modifyNanoseconds: nanoseconds,
    changeSeconds: seconds,
    changeNanoseconds: nanoseconds,
  });
}

/** A socket as a file: what FileSystemService has for open files. */
function fileOperations(core: Core) {
  const { kernel } = core;
  return {
    event: () => 0,
    attribute: (_caller, node, which) => attributesOf(socketAt(core, node))[which] ?? -EINVAL,
    setAttribute(_caller, node, which, value) {
      const socket = socketAt(core, node);
      if (which === NODE.mode) socket.mode = value & ~S_IFMT & 0o7777;
      else if (which === NODE.userId) socket.userId = value;
      else if (which === NODE.groupId) socket.groupId = value;
      // A socket's times are of no interest to anybody: they stay.
      return 0;
    },
    stat(caller, node, device, buffer) {
      const bytes = statOf(socketAt(core, node), device);
      return kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
    },
    statfs(caller, _node, buffer) {
      const bytes = encodeStatfs(SOCKFS_MAGIC, 0, 0, 0, 0);
      return kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
    },
    open: () => -ENXIO,
    close: (_caller, opened) => closeSocket(core, opened),
    read(caller, opened, _offset, buffer, lengthBytes, flags) {
      if (lengthBytes === 0) return 0;
      return receive(core, caller, opened, buffer, lengthBytes, messageFlags(flags), 0, 0);
    },
    write(caller, opened, _offset, buffer, lengthBytes, flags) {
      // The system-call layer may have more of it: a message is not sent in parts.
      const isPart = lengthBytes >= RANGE_BYTES_MAX && !isStream(socketAt(core, opened));
      if (isPart) return -EMSGSIZE;
      return send(core, caller, opened, 0, buffer, lengthBytes, messageFlags(flags), 0, 0);
    },
    truncate: () => -EINVAL,
    poll: (caller, opened, events, register) =>
      pollSocket(core, caller, socketAt(core, opened), events, register),
    ioctl: (caller, opened, request, argument, lengthBytes) =>
      control(core, caller, socketAt(core, opened), request, argument, lengthBytes),
    retain(_caller, node) {
      socketAt(core, node).references++;
      return 0;
    },
    release(_caller, node) {
      releaseSocket(core, socketAt(core, node));
      return 0;
    },
    synchronize: () => -EINVAL,
    findData: () => -ESPIPE,
  } satisfies Partial<NetworkService>;
}

function send(
  core: Core,
  caller: TaskId,
  id: number,
  target: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
  record: number,
  recordLength: number,
): Result {
  const socket = socketAt(core, id);
  const transfer = isStream(socket) ? sendStream : sendMessage;
  return transfer(core, caller, socket, target, buffer, lengthBytes, flags, record, recordLength);
}

function receive(
  core: Core,
  caller: TaskId,
  id: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
  record: number,
  recordLength: number,
): Result {
  const socket = socketAt(core, id);
  const transfer = isStream(socket) ? receiveStream : receiveMessage;
  return transfer(core, caller, socket, buffer, lengthBytes, flags, record, recordLength);
}

/** What only sockets have. */
function socketOperations(core: Core) {
  return {
    socket(caller, family, type, transport) {
      const made = checkType(family, type, transport);
      if (made < 0) return made;
      return mayAddSockets(core, caller, 1) < 0 ? -ENOMEM : addSocket(core, caller, made).id;
    },
    pair(caller, family, type, transport) {
      const made = checkType(family, type, transport);
      return made < 0 ? made : makePair(core, caller, made);
    },
    typeOf: (_caller, socket) => socketAt(core, socket).type,
    mayBind: (_caller, socket) => mayBind(socketAt(core, socket)),
    bindName: (caller, socket, name, length) => bindName(core, caller, socket, name, length),
    bindNode: (caller, socket, device, node, path, length) =>
      bindNode(core, caller, socket, device, node, path, length),
    findName: (caller, socket, name, length) => findName(core, caller, socket, name, length),
    findNode: (_caller, socket, device, node) => findNode(core, socket, device, node),
    listen: (caller, socket, backlog) => listen(core, caller, socket, backlog),
    connect: (caller, socket, target, flags) => connect(core, caller, socket, target, flags),
    accept: (caller, socket, flags) => accept(core, caller, socket, flags),
    name: (caller, socket, which, buffer, length) =>
      tellName(core, caller, socket, which, buffer, length),
    send: (caller, socket, target, buffer, length, flags, record, recordLength) =>
      send(core, caller, socket, target, buffer, length, flags, record, recordLength),
    receive: (caller, socket, buffer, length, flags, record, recordLength) =>
      receive(core, caller, socket, buffer, length, flags, record, recordLength),
    shutdown: (_caller, socket, how) => shutdown(core, socket, how),
    getOption: (caller, socket, option, value, length) =>
      getOption(core, caller, socketAt(core, socket), option, value, length),
    setOption: (caller, socket, option, value, length) =>
      setOption(core, caller, socketAt(core, socket), option, value, length),
    changes: (_caller, id, which) => {
      const { arrivals, rooms } = socketAt(core, id);
      return which === 0 ? arrivals : rooms;
    },
    dropped: () => core.state.dropped.pop() ?? 0,
    collect: (caller, pairs, length) => collect(core, caller, pairs, length),
    describe: (caller, offset, buffer, length) => describe(core, caller, offset, buffer, length),
  } satisfies Partial<NetworkService>;
}

/** The network service. What a file system with names would do, it refuses. */
export function makeNetwork(
  kernel: KernelCalls,
): NetworkService & { readonly state: NetworkState } {
  const state: NetworkState = {
    nextId: 1,
    sockets: new Map(),
    names: new Map(),
    nextName: 0,
    queuedBytes: 0,
    dropped: [],
  };
  const core: Core = { kernel, state };
  const refusals = Object.fromEntries(
    Object.keys(networkProtocol.operations).map((name) => [name, unsupported]),
  );
  const service = { ...refusals, ...fileOperations(core), ...socketOperations(core), state };
  return service as unknown as NetworkService & { readonly state: NetworkState };
}
