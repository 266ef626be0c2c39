/**
 * sendto, recvfrom, sendmsg, recvmsg, sendmmsg, recvmmsg: the shape of each call over
 * socket-messages.ts.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import {
  MESSAGES_MAX,
  MMSGHDR_BYTES,
  MMSGHDR_LENGTH_OFFSET,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  MSGHDR_BYTES,
} from "../abi/socket.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { MESSAGE_RECORD } from "../services/file/protocol.js";
import { NAME_BYTES_MAX } from "../services/network/protocol.js";
import { readBytes } from "./ranges.js";
import type { Operate, Services } from "./row.js";
import { copyAddress, faultIn, NOWHERE, storeBytes, storeWithLength } from "./socket-addresses.js";
import {
  nameIn,
  outgoing,
  readHeader,
  receiveOne,
  recordBytesFor,
  sendOne,
  storeHeader,
} from "./socket-messages.js";

/** Words of the call that recvmmsg keeps: when its time is over. */
const SLOT_END = 0;
const TIMESPEC_BYTES = 16;

/** sendto; send(3) is this without an address. */
export const sendTo: Operate = (s, t, fd, buffer, length, flags, name, nameLength) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  const address = name === 0 ? NOWHERE : copyAddress(s, t, name, nameLength);
  if (typeof address === "number") return address;
  const segments = [{ address: buffer, lengthBytes: length }];
  return sendOne(s, t, fd, { segments, address, control: NOWHERE }, flags, true);
};

/** recvfrom; recv(3) is this without an address. */
export const receiveFrom: Operate = (s, t, fd, buffer, length, flags, name, lengthAt) => {
  const wantsName = name !== 0;
  if (wantsName) {
    const waits = Math.min(faultIn(s, t, lengthAt, 4), faultIn(s, t, name, NAME_BYTES_MAX));
    if (waits === BLOCKED) return BLOCKED;
  }
  const segments = [{ address: buffer, lengthBytes: length }];
  const recordBytes = wantsName ? MESSAGE_RECORD.control : 0;
  const { result, record } = receiveOne(s, t, fd, segments, flags, recordBytes, true);
  if (result < 0 || record === undefined) return result;
  const told = nameIn(record);
  const failed = storeWithLength(s, t, told, name, lengthAt, told.length);
  return failed < 0 ? failed : result;
};

/** sendmsg. */
export const sendMessage: Operate = (s, t, fd, at, flags) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  return sendHeader(s, t, fd, at, flags, true);
};

function sendHeader(
  s: Services,
  t: number,
  fd: number,
  at: number,
  flags: number,
  isWhole: boolean,
): Result {
  const header = readHeader(s, t, at);
  if (typeof header === "number") return header;
  const message = outgoing(s, t, header);
  if (typeof message === "number") return message;
  return sendOne(s, t, fd, message, flags, isWhole);
}

/** recvmsg. */
export const receiveMessage: Operate = (s, t, fd, at, flags) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  return receiveHeader(s, t, fd, at, flags, true);
};

function receiveHeader(
  s: Services,
  t: number,
  fd: number,
  at: number,
  flags: number,
  isWhole: boolean,
): Result {
  const header = readHeader(s, t, at);
  if (typeof header === "number") return header;
  const { name, nameLength, control, controlLength, segments } = header;
  const waits = [
    faultIn(s, t, at, MSGHDR_BYTES),
    faultIn(s, t, name, nameLength),
    faultIn(s, t, control, Math.min(controlLength, 4096)),
  ];
  if (waits.includes(BLOCKED)) return BLOCKED;
  const recordBytes = recordBytesFor(header);
  const { result, record } = receiveOne(s, t, fd, segments, flags, recordBytes, isWhole);
  if (result < 0 || record === undefined) return result;
  const failed = storeHeader(s, t, at, header, record);
  return failed < 0 ? failed : result;
}

/** Stores the length of message `index`. @returns 0 or -EFAULT */
function storeLength(s: Services, t: number, at: number, length: number): Result {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return storeBytes(s, t, at + MMSGHDR_LENGTH_OFFSET, bytes);
}

/** sendmmsg: as many messages as go; an error behind one or more is not told. */
export const sendMessages: Operate = (s, t, fd, at, count, flags) => {
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  const limit = Math.min(count, MESSAGES_MAX);
  for (let done = s.kernel.progress(t); done < limit; done++) {
    s.kernel.setProgress(t, done);
    const header = at + done * MMSGHDR_BYTES;
    if (faultIn(s, t, header, MMSGHDR_BYTES) === BLOCKED) return BLOCKED;
    const sent = sendHeader(s, t, fd, header, flags, false);
    if (sent === BLOCKED) return BLOCKED;
    const failed = sent < 0 ? sent : storeLength(s, t, header, sent);
    if (failed < 0) return done > 0 ? done : failed;
    nextMessage(s, t);
  }
  return limit;
};

/** SO_SNDTIMEO and SO_RCVTIMEO are for each message. */
function nextMessage(s: Services, t: number): void {
  if (s.kernel.deadline(t) !== Number.POSITIVE_INFINITY) {
    s.kernel.setDeadline(t, Number.POSITIVE_INFINITY);
  }
}

/** When recvmmsg's time is over: Infinity without a timeout; -errno or BLOCKED. */
function endOf(s: Services, t: number, time: number): number {
  if (time === 0) return Number.POSITIVE_INFINITY;
  const known = s.kernel.slot(t, SLOT_END);
  if (known > 0) return known;
  const bytes = readBytes(s, t, time, TIMESPEC_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const seconds = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  const nanoseconds = view.getUint32(8, true);
  if (seconds < 0 || nanoseconds >= 1e9 || view.getInt32(12, true) !== 0) return -EINVAL;
  const end = s.kernel.monotonicNanoseconds() + seconds * 1e9 + nanoseconds;
  s.kernel.setSlot(t, SLOT_END, Math.min(end, Number.MAX_SAFE_INTEGER));
  return end;
}

/** What is left of the time goes back to the caller, as on Linux. */
function storeRest(s: Services, t: number, time: number, end: number): Result {
  const rest = Math.max(0, end - s.kernel.monotonicNanoseconds());
  const bytes = new Uint8Array(TIMESPEC_BYTES);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(rest / 1e9);
  view.setUint32(0, seconds, true);
  view.setUint32(4, Math.floor(seconds / 2 ** 32), true);
  view.setUint32(8, rest - seconds * 1e9, true);
  return storeBytes(s, t, time, bytes);
}

/**
 * recvmmsg: until all have come, an error (not told behind one or more), or the time is over, which
 * Linux looks at behind each message only (recvmmsg(2), BUGS).
 */
export const receiveMessages: Operate = (s, t, fd, at, count, flags, time) => {
  const end = endOf(s, t, time);
  if (end < 0) return end;
  const type = s.file.socketType(t, fd);
  if (type < 0) return type;
  const limit = Math.min(count, MESSAGES_MAX);
  const finish = (done: number): Result =>
    time !== 0 && done > 0 && storeRest(s, t, time, end) < 0 ? -EFAULT : done;
  for (let done = s.kernel.progress(t); done < limit; ) {
    const onlyFirst = (flags & MSG_WAITFORONE) !== 0 && done > 0 ? MSG_DONTWAIT : 0;
    const how = (flags & ~MSG_WAITFORONE) | onlyFirst;
    const header = at + done * MMSGHDR_BYTES;
    if (faultIn(s, t, header, MMSGHDR_BYTES) === BLOCKED) return BLOCKED;
    const came = receiveHeader(s, t, fd, header, how, false);
    if (came === BLOCKED) return BLOCKED;
    const failed = came < 0 ? came : storeLength(s, t, header, came);
    if (failed < 0) return done > 0 ? finish(done) : failed;
    done++;
    s.kernel.setProgress(t, done);
    nextMessage(s, t);
    if (s.kernel.monotonicNanoseconds() >= end) return finish(done);
  }
  return finish(limit);
};
