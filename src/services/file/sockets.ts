/**
 * Sockets as descriptors: each is an open file on the hidden mount of the network service, so that
 * read, write, poll, fstat and close are those of every file. Here is what that service cannot
 * know: descriptors, and the nodes that addresses name (unix(7)).
 */
import {
  EACCES,
  EADDRINUSE,
  EAFNOSUPPORT,
  EBADF,
  ECONNREFUSED,
  EEXIST,
  EINVAL,
  ENOENT,
  ENOTSOCK,
  EOPNOTSUPP,
} from "../../abi/errno.js";
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDWR, S_IFMT, S_IFSOCK } from "../../abi/file.js";
import {
  AF_UNIX,
  AF_UNSPEC,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOCK_TYPE_MASK,
  SOL_SOCKET,
  SUN_PATH_BYTES,
  SUN_PATH_OFFSET,
} from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type NetworkService, RECEIVE_RECORD, RECEIVE_RECORD_BYTES } from "../network/protocol.js";
import type { Unbound } from "./bind.js";
import { holdBoundNode } from "./bound-nodes.js";
import { encodeSendRecord, readControl, writeControl } from "./control-messages.js";
import { createNode } from "./create.js";
import { addFile, freeDescriptor, install, mayOpen, openFile } from "./descriptors.js";
import { depart, settled } from "./flight.js";
import { hiddenMount } from "./mounts.js";
import { checkAccess, MAY_WRITE } from "./permissions.js";
import { NODE } from "./protocol.js";
import { MESSAGE_RECORD, type SocketOperations } from "./protocol-sockets.js";
import { type Core, deviceOf, KIND_NODE, type OpenFile, tableOf } from "./state.js";
import { FOLLOW, walkPath } from "./walk.js";

/** type's flags are those of open. */
const TYPE_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;

function networkOf(core: Core): NetworkService {
  if (core.network === undefined) throw new Error("file: there is no network service");
  return core.network;
}

/** @returns the open file of a socket's descriptor, -EBADF or -ENOTSOCK */
function socketFile(core: Core, caller: TaskId, descriptor: number): OpenFile | Result {
  const file = openFile(core, caller, descriptor);
  if (file === undefined) return -EBADF;
  const isSocket = file.kind === KIND_NODE && (file.mode & S_IFMT) === S_IFSOCK;
  return isSocket ? file : -ENOTSOCK;
}

/** The network service's number of a descriptor's socket, or -errno. */
function handleOf(core: Core, caller: TaskId, descriptor: number): Result {
  const file = socketFile(core, caller, descriptor);
  return typeof file === "number" ? file : file.handle;
}

/** A descriptor for a socket. Cannot fail: `descriptor` is free. */
function installSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  handle: number,
  flags: number,
): Result {
  const mount = hiddenMount(core, "socket");
  const kept = O_RDWR | ((flags & SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0);
  const fields = { mount, node: handle, handle, pipe: 0, mode: S_IFSOCK | 0o777, flags: kept };
  const closes = (flags & SOCK_CLOEXEC) !== 0 ? O_CLOEXEC : 0;
  return install(
    tableOf(core, caller),
    descriptor,
    addFile(core, caller, KIND_NODE, fields),
    closes,
  );
}

function openSocket(
  core: Core,
  caller: TaskId,
  family: number,
  type: number,
  transport: number,
): Result {
  if (core.network === undefined) return -EAFNOSUPPORT;
  if ((type & ~(SOCK_TYPE_MASK | TYPE_FLAGS)) !== 0) return -EINVAL;
  const descriptor = freeDescriptor(core, caller);
  if (descriptor < 0) return descriptor;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const handle = core.network.socket(caller, family, type & SOCK_TYPE_MASK, transport);
  return handle < 0 ? handle : installSocket(core, caller, descriptor, handle, type);
}

function openPair(
  core: Core,
  caller: TaskId,
  family: number,
  type: number,
  transport: number,
  descriptors: number,
): Result {
  if (core.network === undefined) return -EAFNOSUPPORT;
  if ((type & ~(SOCK_TYPE_MASK | TYPE_FLAGS)) !== 0) return -EINVAL;
  const first = freeDescriptor(core, caller);
  if (first < 0) return first;
  const second = freeDescriptor(core, caller, first + 1);
  if (second < 0) return second;
  const full = mayOpen(core, caller, 2);
  if (full < 0) return full;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, first, true);
  view.setInt32(4, second, true);
  const failed = core.kernel.copyOut(caller, descriptors, bytes, 0, 8);
  if (failed < 0) return failed;
  const handle = core.network.pair(caller, family, type & SOCK_TYPE_MASK, transport);
  if (handle < 0) return handle;
  installSocket(core, caller, first, handle, type);
  installSocket(core, caller, second, handle + 1, type);
  return 0;
}

/** A struct sockaddr_un: the path as bytes; how much of them is the name. */
interface Address {
  readonly path: Uint8Array;
  readonly isAbstract: boolean;
}

/** @returns the address, -EINVAL: it is none of this family, or -errno */
function readAddress(
  core: Core,
  caller: TaskId,
  address: number,
  addressLength: number,
): Address | Result {
  const isLong = addressLength > SUN_PATH_OFFSET + SUN_PATH_BYTES;
  if (addressLength <= SUN_PATH_OFFSET || isLong) return -EINVAL;
  const bytes = new Uint8Array(addressLength);
  const failed = core.kernel.copyIn(caller, address, bytes, 0, addressLength);
  if (failed < 0) return failed;
  if (familyOf(bytes) !== AF_UNIX) return -EINVAL;
  const path = bytes.subarray(SUN_PATH_OFFSET);
  const end = path.indexOf(0);
  if (end === 0) return { path, isAbstract: true };
  return { path: end < 0 ? path : path.subarray(0, end), isAbstract: false };
}

const familyOf = (bytes: Uint8Array): number => (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);

/** The family of an address of at least two bytes. */
function readFamily(core: Core, caller: TaskId, address: number): Result {
  const bytes = new Uint8Array(2);
  const failed = core.kernel.copyIn(caller, address, bytes, 0, 2);
  return failed < 0 ? failed : familyOf(bytes);
}

function bindSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  address: number,
  addressLength: number,
): Result {
  const file = socketFile(core, caller, descriptor);
  if (typeof file === "number") return file;
  const { handle } = file;
  const network = networkOf(core);
  if (addressLength === SUN_PATH_OFFSET) {
    const family = readFamily(core, caller, address);
    if (family !== AF_UNIX) return Math.min(family, -EINVAL);
    return network.bindName(caller, handle, 0, 0);
  }
  const found = readAddress(core, caller, address, addressLength);
  if (typeof found === "number") return found;
  const { path, isAbstract } = found;
  if (isAbstract) return network.bindName(caller, handle, address + SUN_PATH_OFFSET, path.length);
  return bindPath(core, caller, file, address + SUN_PATH_OFFSET, path);
}

/** Makes the socket's node and gives it to the socket (Linux: unix_bind_bsd). */
function bindPath(
  core: Core,
  caller: TaskId,
  file: OpenFile,
  address: number,
  path: Uint8Array,
): Result {
  const { kernel } = core;
  const { handle } = file;
  const network = networkOf(core);
  const walk = walkPath(core, caller, AT_FDCWD, address, path.length, 0);
  if (walk.error < 0) return walk.error;
  if (walk.node >= 0) return -EADDRINUSE;
  if (walk.slash) return -ENOENT;
  const refused = network.mayBind(caller, handle);
  if (refused < 0) return refused;
  const mode = network.attribute(caller, handle, NODE.mode);
  const node = createNode(core, caller, walk, mode, 0);
  if (node < 0) return node === -EEXIST ? -EADDRINUSE : node;
  const mount = walk.parentMount;
  holdBoundNode(core, caller, file, mount, node);
  const name = new Uint8Array(path.length + 1);
  name.set(path);
  const scratch = kernel.scratch(caller, name.length);
  kernel.copyOut(caller, scratch, name, 0, name.length);
  return network.bindNode(caller, handle, deviceOf(core, mount), node, scratch, name.length);
}

/** The socket at an address. @returns it, or the refusals of connect(2) */
function findSocket(
  core: Core,
  caller: TaskId,
  handle: number,
  address: number,
  addressLength: number,
): Result {
  const network = networkOf(core);
  const found = readAddress(core, caller, address, addressLength);
  if (typeof found === "number") return found;
  const { path, isAbstract } = found;
  const at = address + SUN_PATH_OFFSET;
  if (isAbstract) return network.findName(caller, handle, at, path.length);
  const walk = walkPath(core, caller, AT_FDCWD, at, path.length, FOLLOW);
  if (walk.error < 0) return walk.error;
  if (walk.node < 0) return walk.file !== 0 ? -ECONNREFUSED : -ENOENT;
  const { mount, node, mode } = walk;
  if (checkAccess(core, caller, mount, node, mode, MAY_WRITE) < 0) return -EACCES;
  if ((mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
  return network.findNode(caller, handle, deviceOf(core, mount), node);
}

function connectSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  address: number,
  addressLength: number,
): Result {
  const file = socketFile(core, caller, descriptor);
  if (typeof file === "number") return file;
  const network = networkOf(core);
  const { handle, flags } = file;
  if (network.typeOf(caller, handle) === SOCK_DGRAM && addressLength >= SUN_PATH_OFFSET) {
    const family = readFamily(core, caller, address);
    if (family === AF_UNSPEC) {
      return settled(core, caller, network.connect(caller, handle, 0, flags));
    }
  }
  const target = findSocket(core, caller, handle, address, addressLength);
  if (target < 0) return target;
  return settled(core, caller, network.connect(caller, handle, target, flags));
}

function acceptSocket(core: Core, caller: TaskId, descriptor: number, flags: number): Result {
  const file = socketFile(core, caller, descriptor);
  if (file === -EBADF) return file;
  if ((flags & ~TYPE_FLAGS) !== 0) return -EINVAL;
  if (typeof file === "number") return file;
  const target = freeDescriptor(core, caller);
  if (target < 0) return target;
  const full = mayOpen(core, caller);
  if (full < 0) return full;
  const handle = networkOf(core).accept(caller, file.handle, file.flags);
  return handle < 0 ? handle : installSocket(core, caller, target, handle, flags);
}

function sendSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
  address: number,
  addressLength: number,
  control: number,
  controlLength: number,
): Result {
  const file = socketFile(core, caller, descriptor);
  if (typeof file === "number") return file;
  const { kernel, state } = core;
  const network = networkOf(core);
  const { handle } = file;
  const found = readControl(core, caller, control, controlLength);
  if (typeof found === "number") return found;
  const type = network.typeOf(caller, handle);
  let target = 0;
  if (addressLength > 0) {
    if (type === SOCK_STREAM) target = -1;
    else if (type === SOCK_DGRAM) {
      target = findSocket(core, caller, handle, address, addressLength);
      if (target < 0) return target;
    }
  }
  const record = encodeSendRecord(found, state.flight.nextNumber);
  let scratch = 0;
  if (record.length > 0) {
    scratch = kernel.scratch(caller, record.length);
    kernel.copyOut(caller, scratch, record, 0, record.length);
  }
  const how = flags | ((file.flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0);
  const done = network.send(
    caller,
    handle,
    target,
    buffer,
    lengthBytes,
    how,
    scratch,
    record.length,
  );
  // A stream does not carry an empty message, nor what goes with it.
  const isGone = done > 0 || (done === 0 && type !== SOCK_STREAM);
  if (isGone) depart(core, caller, found.files);
  return settled(core, caller, done);
}

function receiveSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  buffer: number,
  lengthBytes: number,
  flags: number,
  record: number,
  recordLength: number,
): Result {
  const file = socketFile(core, caller, descriptor);
  if (typeof file === "number") return file;
  const { kernel } = core;
  const network = networkOf(core);
  const how = flags | ((file.flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0);
  const recordBytes = recordLength === 0 ? 0 : RECEIVE_RECORD_BYTES;
  const scratch = recordBytes === 0 ? 0 : kernel.scratch(caller, recordBytes);
  const { handle } = file;
  const done = network.receive(caller, handle, buffer, lengthBytes, how, scratch, recordBytes);
  if (done >= 0 && recordBytes > 0) {
    const came = new Uint8Array(recordBytes);
    kernel.copyIn(caller, scratch, came, 0, recordBytes);
    const told = encodeReceived(core, caller, came, flags, recordLength);
    kernel.copyOut(caller, record, told, 0, told.length);
  }
  return settled(core, caller, done);
}

/** From the network service's record to MESSAGE_RECORD; descriptors are installed. */
function encodeReceived(
  core: Core,
  caller: TaskId,
  came: Uint8Array,
  flags: number,
  recordLength: number,
): Uint8Array {
  const from = new DataView(came.buffer);
  const told = new Uint8Array(recordLength);
  const to = new DataView(told.buffer);
  told.set(came.subarray(0, RECEIVE_RECORD.nameLength), MESSAGE_RECORD.name);
  const room = new DataView(told.buffer, MESSAGE_RECORD.control);
  const written = writeControl(core, caller, from, room, flags);
  to.setUint32(MESSAGE_RECORD.nameLength, from.getFloat64(RECEIVE_RECORD.nameLength, true), true);
  const all = from.getFloat64(RECEIVE_RECORD.flags, true) | written.flags;
  to.setUint32(MESSAGE_RECORD.flags, all, true);
  to.setUint32(MESSAGE_RECORD.controlLength, written.lengthBytes, true);
  to.setUint32(MESSAGE_RECORD.isBoundary, from.getFloat64(RECEIVE_RECORD.isBoundary, true), true);
  return told;
}

/** Runs an operation of the network service on a descriptor's socket. */
function onSocket(
  core: Core,
  caller: TaskId,
  descriptor: number,
  operate: (network: NetworkService, handle: number) => Result,
): Result {
  const handle = handleOf(core, caller, descriptor);
  return handle < 0 ? handle : operate(networkOf(core), handle);
}

export const socketOperations: Unbound<SocketOperations> = Object.freeze({
  socket: openSocket,
  socketPair: openPair,
  bindSocket,
  listenSocket: (core, caller, descriptor, backlog) =>
    onSocket(core, caller, descriptor, (network, handle) =>
      network.listen(caller, handle, backlog),
    ),
  acceptSocket,
  connectSocket,
  socketName: (core, caller, descriptor, which, buffer, length) =>
    onSocket(core, caller, descriptor, (network, handle) =>
      network.name(caller, handle, which, buffer, length),
    ),
  socketType: (core, caller, descriptor) =>
    onSocket(core, caller, descriptor, (network, handle) => network.typeOf(caller, handle)),
  sendSocket,
  receiveSocket,
  shutdownSocket: (core, caller, descriptor, how) =>
    onSocket(core, caller, descriptor, (network, handle) =>
      settled(core, caller, network.shutdown(caller, handle, how)),
    ),
  getSocketOption: (core, caller, descriptor, level, option, value, length) =>
    onSocket(core, caller, descriptor, (network, handle) =>
      level === SOL_SOCKET ? network.getOption(caller, handle, option, value, length) : -EOPNOTSUPP,
    ),
  setSocketOption: (core, caller, descriptor, level, option, value, length) =>
    onSocket(core, caller, descriptor, (network, handle) =>
      level === SOL_SOCKET ? network.setOption(caller, handle, option, value, length) : -EOPNOTSUPP,
    ),
});
