/**
 * The calls that send and receive: from buffers, vectors and struct msghdr to the file service's
 * operations on one message. Streams are looped over in chunks here, with the bytes done so far
 * kept as the call's progress; sendmmsg and recvmmsg count messages there.
 */
import { EFAULT, EINVAL, EMSGSIZE, ENOBUFS } from "../abi/errno.js";
import {
  CONTROL_BYTES_MAX,
  MESSAGES_MAX,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  MSGHDR,
  MSGHDR_BYTES,
  SOCK_STREAM,
  SOCKADDR_BYTES_MAX,
} from "../abi/socket.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import { MESSAGE_RECORD } from "../services/file/protocol.js";
import { readBytes } from "./ranges.js";
import type { Services } from "./row.js";
import { copyAddress, NOWHERE, type Place, storeBytes, toScratch } from "./socket-addresses.js";

const IOVEC_BYTES = 16;
/** More than any socket's buffer takes in one message. */
const MESSAGE_BYTES_MAX = 15 * 2 ** 20;
/** Control messages that can come with a message take no more. */
const CONTROL_ROOM_BYTES = 4096;
const INVALID_ADDRESS = 2 ** 39;
/** Linux moves at most this many bytes in a call (MAX_RW_COUNT). */
const TRANSFER_BYTES_MAX = 0x7fff_f000;

export interface Segment {
  readonly address: number;
  readonly lengthBytes: number;
}

/** What a call wants to send, or where it wants what it receives. */
export interface Message {
  readonly segments: readonly Segment[];
  readonly address: Place;
  readonly control: Place;
}

/** struct msghdr as it came. */
export interface Header {
  readonly name: number;
  readonly nameLength: number;
  readonly control: number;
  readonly controlLength: number;
  readonly segments: readonly Segment[];
}

/** Bytes of all segments. */
export const totalOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, segment) => sum + segment.lengthBytes, 0);

/** A pointer or size_t; what is no address of a program becomes one that is never mapped. */
function pointerAt(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  return value < 2 ** 38 ? value : INVALID_ADDRESS;
}

/** Reads a struct msghdr and its vector. @returns them, -EFAULT, -EINVAL, -EMSGSIZE or BLOCKED */
export function readHeader(s: Services, caller: number, at: number): Header | Result {
  const bytes = readBytes(s, caller, at, MSGHDR_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const name = pointerAt(view, MSGHDR.name);
  const nameLength = name === 0 ? 0 : view.getInt32(MSGHDR.nameLength, true);
  if (nameLength < 0) return -EINVAL;
  const count = pointerAt(view, MSGHDR.vectorLength);
  if (count > MESSAGES_MAX) return -EMSGSIZE;
  const segments = readVector(s, caller, pointerAt(view, MSGHDR.vector), count);
  if (typeof segments === "number") return segments;
  const control = pointerAt(view, MSGHDR.control);
  const controlLength = pointerAt(view, MSGHDR.controlLength);
  return {
    name,
    nameLength: Math.min(nameLength, SOCKADDR_BYTES_MAX),
    control,
    controlLength,
    segments,
  };
}

function readVector(
  s: Services,
  caller: number,
  address: number,
  count: number,
): Segment[] | Result {
  if (count === 0) return [];
  const bytes = readBytes(s, caller, address, count * IOVEC_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const segments: Segment[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length; at += IOVEC_BYTES) {
    const high = view.getInt32(at + 12, true);
    if (high < 0) return -EINVAL;
    const wanted = view.getUint32(at + 8, true) + high * 2 ** 32;
    const lengthBytes = Math.min(wanted, TRANSFER_BYTES_MAX - total);
    total += lengthBytes;
    segments.push({ address: pointerAt(view, at), lengthBytes });
  }
  return segments;
}

/** Bytes of a range that can be reached now. @returns them, or BLOCKED */
function reach(s: Services, caller: number, segment: Segment, access: number): Result {
  let ready = 0;
  while (ready < segment.lengthBytes) {
    const length = Math.min(segment.lengthBytes - ready, RANGE_BYTES_MAX);
    const done = s.prepare(caller, segment.address + ready, length, access);
    if (done === BLOCKED) return BLOCKED;
    ready += Math.max(done, 0);
    if (done < length) break;
  }
  return ready;
}

/** The segments' parts that cover [from, +length). */
function partsOf(segments: readonly Segment[], from: number, length: number): Segment[] {
  const parts: Segment[] = [];
  let start = 0;
  let left = length;
  for (const { address, lengthBytes } of segments) {
    const skip = Math.max(0, from - start);
    const part = Math.min(lengthBytes - skip, left);
    if (part > 0) {
      parts.push({ address: address + skip, lengthBytes: part });
      left -= part;
    }
    start += lengthBytes;
  }
  return parts;
}

/** Bytes of the segments as one range: the caller's own, or a copy. @returns -EFAULT, BLOCKED */
function gather(
  s: Services,
  caller: number,
  segments: readonly Segment[],
  from: number,
  length: number,
): Place | Result {
  const parts = partsOf(segments, from, length);
  for (const part of parts) {
    const ready = reach(s, caller, part, ACCESS_READ);
    if (ready < part.lengthBytes) return ready === BLOCKED ? BLOCKED : -EFAULT;
  }
  const [first] = parts;
  if (first === undefined) return NOWHERE;
  if (parts.length === 1) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    s.kernel.copyIn(caller, part.address, bytes, at, part.lengthBytes);
    at += part.lengthBytes;
  }
  return toScratch(s, caller, bytes);
}

/** Where a chunk is received: the caller's own range, or scratch that is scattered afterwards. */
interface Target extends Place {
  readonly parts: readonly Segment[];
  readonly isScratch: boolean;
}

/** @returns the place for [from, +length), shorter at a bad page of a stream; -EFAULT, BLOCKED */
function placeFor(
  s: Services,
  caller: number,
  segments: readonly Segment[],
  from: number,
  length: number,
  isStream: boolean,
): Target | Result {
  const parts = partsOf(segments, from, length);
  let ready = 0;
  for (const part of parts) {
    const reached = reach(s, caller, part, ACCESS_WRITE);
    if (reached === BLOCKED) return BLOCKED;
    ready += reached;
    if (reached < part.lengthBytes) break;
  }
  if (isStream && ready === 0 && length > 0) return -EFAULT;
  const lengthBytes = isStream ? ready : length;
  const [first] = parts;
  if (parts.length <= 1 && ready === length) {
    return { address: first?.address ?? 0, lengthBytes, parts, isScratch: false };
  }
  // A message that reaches a bad page is lost, as on Linux; a shorter one is not.
  const address = s.kernel.scratch(caller, lengthBytes);
  return { address, lengthBytes, parts, isScratch: true };
}

/** Copies what came from scratch to the caller's parts. @returns 0 or -EFAULT */
function scatter(s: Services, caller: number, target: Target, lengthBytes: number): Result {
  if (!target.isScratch) return 0;
  const bytes = new Uint8Array(lengthBytes);
  s.kernel.copyIn(caller, target.address, bytes, 0, lengthBytes);
  let at = 0;
  for (const part of target.parts) {
    const length = Math.min(part.lengthBytes, lengthBytes - at);
    if (length <= 0) break;
    if (s.kernel.copyOut(caller, part.address, bytes, at, length) < 0) return -EFAULT;
    at += length;
  }
  return 0;
}

/**
 * Sends one message, or all of a stream's bytes.
 * @param isWhole the call is this message: its progress is the bytes done
 * @returns bytes, -errno or BLOCKED
 */
export function sendOne(
  s: Services,
  caller: number,
  descriptor: number,
  message: Message,
  flags: number,
  isWhole: boolean,
): Result {
  const type = s.file.socketType(caller, descriptor);
  if (type < 0) return type;
  const { segments, address, control } = message;
  const total = totalOf(segments);
  const isStream = type === SOCK_STREAM;
  if (!isStream && total > MESSAGE_BYTES_MAX) return -EMSGSIZE;
  for (let done = isWhole ? s.kernel.progress(caller) : 0; ; ) {
    const length = isStream ? Math.min(total - done, RANGE_BYTES_MAX) : total;
    const place = gather(s, caller, segments, done, length);
    let sent: Result;
    if (typeof place === "number") sent = place;
    else {
      const goes = done === 0 ? control : NOWHERE;
      sent = s.file.sendSocket(
        caller,
        descriptor,
        place.address,
        place.lengthBytes,
        flags,
        address.address,
        address.lengthBytes,
        goes.address,
        goes.lengthBytes,
      );
    }
    if (sent === BLOCKED) return done > 0 && !isWhole ? done : BLOCKED;
    if (sent < 0) return done > 0 ? done : sent;
    done += sent;
    if (!isStream || sent === 0 || done >= total) return done;
    if (isWhole) s.kernel.setProgress(caller, done);
  }
}

/** From struct msghdr to a message to send. @returns it, -errno or BLOCKED */
export function outgoing(s: Services, caller: number, header: Header): Message | Result {
  const { name, nameLength, control, controlLength, segments } = header;
  const address = name === 0 ? NOWHERE : copyAddress(s, caller, name, nameLength);
  if (typeof address === "number") return address;
  if (controlLength > CONTROL_BYTES_MAX) return -ENOBUFS;
  if (controlLength === 0) return { segments, address, control: NOWHERE };
  const bytes = readBytes(s, caller, control, controlLength);
  if (typeof bytes === "number") return bytes;
  return { segments, address, control: toScratch(s, caller, bytes) };
}

/** What a receive gave: its result, and the record (MESSAGE_RECORD) if one was wanted. */
export interface Incoming {
  readonly result: Result;
  readonly record: DataView | undefined;
}

/**
 * Receives one message, or bytes of a stream: with MSG_WAITALL all, else what is there.
 * @param recordBytes 0: no record
 * @param isWhole the call is this message: its progress is the bytes done
 */
export function receiveOne(
  s: Services,
  caller: number,
  descriptor: number,
  segments: readonly Segment[],
  flags: number,
  recordBytes: number,
  isWhole: boolean,
): Incoming {
  const type = s.file.socketType(caller, descriptor);
  if (type < 0) return { result: type, record: undefined };
  const total = totalOf(segments);
  const isStream = type === SOCK_STREAM;
  const limit = isStream ? RANGE_BYTES_MAX : MESSAGE_BYTES_MAX;
  const waitsForAll = isStream && (flags & MSG_WAITALL) !== 0 && (flags & MSG_PEEK) === 0;
  let record: DataView | undefined;
  for (let done = isWhole ? s.kernel.progress(caller) : 0; ; ) {
    const target = placeFor(s, caller, segments, done, Math.min(total - done, limit), isStream);
    const how = done > 0 && !waitsForAll ? flags | MSG_DONTWAIT : flags;
    const scratch = recordBytes === 0 ? 0 : s.kernel.scratch(caller, recordBytes);
    const came =
      typeof target === "number"
        ? target
        : receiveInto(s, caller, descriptor, target, how, scratch, recordBytes);
    if (came === BLOCKED) {
      return { result: done > 0 && !isWhole ? done : BLOCKED, record };
    }
    if (came < 0) return { result: done > 0 ? done : came, record };
    done += came;
    if (recordBytes > 0 && (came > 0 || record === undefined)) {
      const bytes = new Uint8Array(recordBytes);
      s.kernel.copyIn(caller, scratch, bytes, 0, recordBytes);
      record = new DataView(bytes.buffer);
    }
    const isBoundary = record?.getUint32(MESSAGE_RECORD.isBoundary, true) === 1;
    const isShort = typeof target === "number" || (came < target.lengthBytes && !waitsForAll);
    const isEnd = isBoundary || isShort || came === 0 || done >= total;
    if (!isStream || isEnd || (flags & MSG_PEEK) !== 0) return { result: done, record };
    if (isWhole) s.kernel.setProgress(caller, done);
  }
}

function receiveInto(
  s: Services,
  caller: number,
  descriptor: number,
  target: Target,
  flags: number,
  scratch: number,
  recordBytes: number,
): Result {
  const { address, lengthBytes } = target;
  const came = s.file.receiveSocket(
    caller,
    descriptor,
    address,
    lengthBytes,
    flags,
    scratch,
    recordBytes,
  );
  if (came < 0) return came;
  const failed = scatter(s, caller, target, Math.min(came, lengthBytes));
  return failed < 0 ? failed : came;
}

/** Bytes of the record for a struct msghdr. */
export function recordBytesFor(header: Header): number {
  const room = header.control === 0 ? 0 : Math.min(header.controlLength, CONTROL_ROOM_BYTES);
  return MESSAGE_RECORD.control + room;
}

/** The sender's address in a record. */
export function nameIn(record: DataView): Uint8Array {
  const length = record.getUint32(MESSAGE_RECORD.nameLength, true);
  return new Uint8Array(record.buffer, MESSAGE_RECORD.name, length);
}

/** Stores what recvmsg tells in the caller's struct msghdr. @returns 0 or -EFAULT */
export function storeHeader(
  s: Services,
  caller: number,
  at: number,
  header: Header,
  record: DataView,
): Result {
  const word = new Uint8Array(8);
  const view = new DataView(word.buffer);
  const put = (offset: number, value: number, length: number): Result => {
    view.setUint32(0, value, true);
    return storeBytes(s, caller, at + offset, word.subarray(0, length));
  };
  if (header.name !== 0) {
    const name = nameIn(record);
    const length = Math.min(name.length, header.nameLength);
    const failed = length > 0 ? storeBytes(s, caller, header.name, name.subarray(0, length)) : 0;
    if (failed < 0) return failed;
    if (put(MSGHDR.nameLength, name.length, 4) < 0) return -EFAULT;
  }
  const length = record.getUint32(MESSAGE_RECORD.controlLength, true);
  if (length > 0) {
    // A bad place for them is no error (Linux: put_cmsg).
    const control = new Uint8Array(record.buffer, MESSAGE_RECORD.control, length);
    storeBytes(s, caller, header.control, control);
  }
  if (put(MSGHDR.controlLength, length, 8) < 0) return -EFAULT;
  return put(MSGHDR.flags, record.getUint32(MESSAGE_RECORD.flags, true), 4);
}
