/**
 * Sockets' calls with addresses and options: socket addresses and option values have a length of
 * their own, which comes and goes through a pointer (accept(2), getsockopt(2)).
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { SOCKADDR_BYTES_MAX, SOL_SOCKET } from "../abi/socket.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { NAME_BYTES_MAX } from "../services/network/protocol.js";
import { readBytes } from "./ranges.js";
import type { Operate, Services } from "./row.js";

/** Longest value of an option that is known. */
const OPTION_BYTES_MAX = 16;
const INVALID_ADDRESS = 2 ** 39;

/** Bytes in scratch, for a service to read. */
export interface Place {
  readonly address: number;
  readonly lengthBytes: number;
}

export const NOWHERE: Place = Object.freeze({ address: 0, lengthBytes: 0 });

/** Puts bytes into a new scratch buffer. */
export function toScratch(s: Services, caller: number, bytes: Uint8Array): Place {
  if (bytes.length === 0) return NOWHERE;
  const address = s.kernel.scratch(caller, bytes.length);
  s.kernel.copyOut(caller, address, bytes, 0, bytes.length);
  return { address, lengthBytes: bytes.length };
}

/** Copies an address of the caller once. @returns it, or -EINVAL, -EFAULT, BLOCKED */
export function copyAddress(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
): Place | Result {
  if (lengthBytes < 0 || lengthBytes > SOCKADDR_BYTES_MAX) return -EINVAL;
  if (lengthBytes === 0) return NOWHERE;
  const bytes = readBytes(s, caller, address, lengthBytes);
  return typeof bytes === "number" ? bytes : toScratch(s, caller, bytes);
}

/** Faults pages in before a change that must not wait; that they are bad is found out later. */
export function faultIn(s: Services, caller: number, address: number, lengthBytes: number): Result {
  if (address === 0 || lengthBytes <= 0 || address >= INVALID_ADDRESS) return 0;
  for (const access of [ACCESS_READ, ACCESS_WRITE]) {
    if (s.prepare(caller, address, lengthBytes, access) === BLOCKED) return BLOCKED;
  }
  return 0;
}

/** Stores bytes in the caller's memory. @returns 0, -EFAULT or BLOCKED */
export function storeBytes(
  s: Services,
  caller: number,
  address: number,
  bytes: Uint8Array,
): Result {
  const ready = s.prepare(caller, address, bytes.length, ACCESS_WRITE);
  if (ready === BLOCKED) return BLOCKED;
  if (ready < bytes.length) return -EFAULT;
  return s.kernel.copyOut(caller, address, bytes, 0, bytes.length);
}

/** A 32-bit word of the caller's memory as its four bytes. */
function wordBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/**
 * Stores as much of a value as the caller has room for, and a length (move_addr_to_user).
 * @param lengthAt where the caller's room stands, and the length goes
 * @param told the length that is stored; absent: what was stored of the value
 * @returns 0, -EFAULT, -EINVAL or BLOCKED
 */
export function storeWithLength(
  s: Services,
  caller: number,
  bytes: Uint8Array,
  address: number,
  lengthAt: number,
  told?: number,
): Result {
  const word = readBytes(s, caller, lengthAt, 4);
  if (typeof word === "number") return word;
  const room = new DataView(word.buffer).getInt32(0, true);
  if (room < 0) return -EINVAL;
  const length = Math.min(room, bytes.length);
  if (length > 0) {
    const failed = storeBytes(s, caller, address, bytes.subarray(0, length));
    if (failed !== 0) return failed;
  }
  return storeBytes(s, caller, lengthAt, wordBytes(told ?? length));
}

/** The name of a socket's descriptor. @returns its bytes, or -errno */
function nameOf(
  s: Services,
  caller: number,
  descriptor: number,
  which: number,
): Uint8Array | Result {
  const scratch = s.kernel.scratch(caller, NAME_BYTES_MAX);
  const length = s.file.socketName(caller, descriptor, which, scratch, NAME_BYTES_MAX);
  if (length < 0) return length;
  const bytes = new Uint8Array(length);
  s.kernel.copyIn(caller, scratch, bytes, 0, length);
  return bytes;
}

/** bind: the address is copied once. */
export const bind: Operate = (s, t, fd, address, length) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  const place = copyAddress(s, t, address, length);
  if (typeof place === "number") return place;
  return s.file.bindSocket(t, fd, place.address, place.lengthBytes);
};

/** connect: the address is copied once; a call that waits looks it up again. */
export const connect: Operate = (s, t, fd, address, length) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  const place = copyAddress(s, t, address, length);
  if (typeof place === "number") return place;
  return s.file.connectSocket(t, fd, place.address, place.lengthBytes);
};

/** accept4: a connection whose peer's address cannot be stored is lost, as on Linux. */
export const accept: Operate = (s, t, fd, address, lengthAt, flags) => {
  if (address !== 0) {
    const waits = Math.min(faultIn(s, t, lengthAt, 4), faultIn(s, t, address, NAME_BYTES_MAX));
    if (waits === BLOCKED) return BLOCKED;
  }
  const made = s.file.acceptSocket(t, fd, flags);
  if (made < 0 || address === 0) return made;
  const name = nameOf(s, t, made, 1);
  const bytes = typeof name === "number" ? new Uint8Array(0) : name;
  const failed = storeWithLength(s, t, bytes, address, lengthAt, bytes.length);
  if (failed >= 0) return made;
  s.file.close(t, made);
  return failed;
};

/** getsockname and getpeername. @param which 0: own, 1: the peer's */
export function tellName(which: number): Operate {
  return (s, t, fd, address, lengthAt) => {
    const name = nameOf(s, t, fd, which);
    if (typeof name === "number") return name;
    return storeWithLength(s, t, name, address, lengthAt, name.length);
  };
}

/** getsockopt: no more of the value than the caller has room for. */
export const getOption: Operate = (s, t, fd, level, option, value, lengthAt) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  if (level !== SOL_SOCKET) return s.file.getSocketOption(t, fd, level, option, 0, 0);
  const waits = Math.min(faultIn(s, t, lengthAt, 4), faultIn(s, t, value, OPTION_BYTES_MAX));
  if (waits === BLOCKED) return BLOCKED;
  const word = readBytes(s, t, lengthAt, 4);
  if (typeof word === "number") return word;
  if (new DataView(word.buffer).getInt32(0, true) < 0) return -EINVAL;
  const scratch = s.kernel.scratch(t, OPTION_BYTES_MAX);
  const length = s.file.getSocketOption(t, fd, level, option, scratch, OPTION_BYTES_MAX);
  if (length < 0) return length;
  const bytes = new Uint8Array(length);
  s.kernel.copyIn(t, scratch, bytes, 0, length);
  return storeWithLength(s, t, bytes, value, lengthAt);
};

/** setsockopt: its value is copied once; what is too short for any is refused below. */
export const setOption: Operate = (s, t, fd, level, option, value, length) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  if (length < 0) return -EINVAL;
  if (level !== SOL_SOCKET || length < 4) {
    return s.file.setSocketOption(t, fd, level, option, 0, 0);
  }
  const bytes = readBytes(s, t, value, Math.min(length, OPTION_BYTES_MAX));
  if (typeof bytes === "number") return bytes;
  const place = toScratch(s, t, bytes);
  return s.file.setSocketOption(t, fd, level, option, place.address, place.lengthBytes);
};
