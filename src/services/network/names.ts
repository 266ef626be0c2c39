/**
 * Addresses (unix(7)): abstract names, which begin with a NUL and live here, and nodes of file
 * systems, which the file service makes and finds. Sockets of different types have different
 * abstract names.
 */
import { EADDRINUSE, ECONNREFUSED, EINVAL, ENOTCONN, EPROTOTYPE } from "../../abi/errno.js";
import { AF_UNIX, SUN_PATH_OFFSET } from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { CONNECTED, type Core, type Socket, socketAt } from "./state.js";

/** Names that are chosen have five hexadecimal digits (unix(7), "Autobind feature"). */
const CHOSEN_NAMES = 0x10_0000;

const abstractKey = (type: number, name: Uint8Array): string =>
  `${type}@${String.fromCharCode(...name)}`;
const nodeKey = (device: number, node: number): string => `${device}:${node}`;

/** @returns 0, or -EINVAL: the socket has a name */
export function mayBind(socket: Socket): Result {
  return socket.nameKey === "" ? 0 : -EINVAL;
}

function give(core: Core, socket: Socket, key: string, name: Uint8Array): Result {
  core.state.names.set(key, socket.id);
  socket.nameKey = key;
  socket.name = name;
  return 0;
}

/** bind to an abstract name; length 0: a free one is chosen, unless the socket has a name. */
export function bindName(
  core: Core,
  caller: TaskId,
  id: number,
  address: number,
  nameLength: number,
): Result {
  const socket = socketAt(core, id);
  if (nameLength === 0) return socket.nameKey === "" ? choose(core, socket) : 0;
  const refused = mayBind(socket);
  if (refused < 0) return refused;
  const name = new Uint8Array(nameLength);
  const failed = core.kernel.copyIn(caller, address, name, 0, nameLength);
  if (failed < 0) return failed;
  const key = abstractKey(socket.type, name);
  return core.state.names.has(key) ? -EADDRINUSE : give(core, socket, key, name);
}

function choose(core: Core, socket: Socket): Result {
  const { state } = core;
  for (let tried = 0; tried < CHOSEN_NAMES; tried++) {
    const digits = state.nextName.toString(16).padStart(5, "0");
    const name = Uint8Array.from(`\0${digits}`, (c) => c.charCodeAt(0));
    const key = abstractKey(socket.type, name);
    state.nextName = (state.nextName + 1) % CHOSEN_NAMES;
    if (!state.names.has(key)) return give(core, socket, key, name);
  }
  return -EADDRINUSE;
}

/** bind to a node that was just made: cannot fail for a socket that mayBind. */
export function bindNode(
  core: Core,
  caller: TaskId,
  id: number,
  device: number,
  node: number,
  path: number,
  pathLength: number,
): Result {
  const name = new Uint8Array(pathLength);
  const failed = core.kernel.copyIn(caller, path, name, 0, pathLength);
  return failed < 0 ? failed : give(core, socketAt(core, id), nodeKey(device, node), name);
}

/** @returns the socket of this abstract name, or -ECONNREFUSED */
export function findName(
  core: Core,
  caller: TaskId,
  id: number,
  address: number,
  nameLength: number,
): Result {
  const name = new Uint8Array(nameLength);
  const failed = core.kernel.copyIn(caller, address, name, 0, nameLength);
  if (failed < 0) return failed;
  return core.state.names.get(abstractKey(socketAt(core, id).type, name)) ?? -ECONNREFUSED;
}

/** @returns the socket bound to the node, -ECONNREFUSED, or -EPROTOTYPE */
export function findNode(core: Core, id: number, device: number, node: number): Result {
  const found = core.state.names.get(nodeKey(device, node));
  if (found === undefined) return -ECONNREFUSED;
  return socketAt(core, found).type === socketAt(core, id).type ? found : -EPROTOTYPE;
}

/** A struct sockaddr_un with this path. */
export function encodeAddress(name: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SUN_PATH_OFFSET + name.length);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(name, SUN_PATH_OFFSET);
  return bytes;
}

/** getsockname, getpeername. @returns bytes of the address, or -ENOTCONN */
export function tellName(
  core: Core,
  caller: TaskId,
  id: number,
  which: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const socket = socketAt(core, id);
  let { name } = socket;
  if (which === 1) {
    if (socket.state !== CONNECTED) return -ENOTCONN;
    name = core.state.sockets.get(socket.peer)?.name ?? socket.peerName;
  }
  const bytes = encodeAddress(name);
  const length = Math.min(bytes.length, lengthBytes);
  const failed = core.kernel.copyOut(caller, buffer, bytes, 0, length);
  return failed < 0 ? failed : bytes.length;
}
