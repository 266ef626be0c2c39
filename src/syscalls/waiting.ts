/**
 * Calls that wait for files: ppoll, pselect6, epoll_pwait, epoll_pwait2. Timeout and mask are read
 * when the call begins; what is left of a timeout is written back when it ends, however it ends.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { EPOLL_EVENT_BYTES } from "../abi/events.js";
import { PERSONALITY_ASK, STICKY_TIMEOUTS } from "../abi/process.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import { readBytes, readTimeout } from "./ranges.js";
import type { Finish, Operate, Services } from "./row.js";

const TIMESPEC_BYTES = 16;
const SETS = 3;
/** Linux cuts select's count to the size of the descriptor table; ours has no size of its own. */
const SELECT_DESCRIPTORS_MAX = 4096;
const EPOLL_EVENTS_MAX = Math.floor((2 ** 31 - 1) / EPOLL_EVENT_BYTES);
const USER_ADDRESS_END = 2 ** 38;
const RLIMIT_NOFILE = 32 + 7;
const POLLFD_BYTES = 8;

/** Sets the call's mask from a sigset_t of the caller. @returns 0, -errno or BLOCKED */
function mask(s: Services, caller: number, address: number, sizeBytes: number): Result {
  if (address === 0) return 0;
  if (sizeBytes !== 8) return -EINVAL;
  const bytes = readBytes(s, caller, address, 8);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  s.kernel.setTemporaryMask(caller, view.getInt32(0, true), view.getInt32(4, true));
  return 0;
}

/** ppoll(2). */
export const poll: Operate = (s, t, descriptors, count, time, set, setBytes) => {
  const nanoseconds = readTimeout(s, t, time);
  if (nanoseconds < -1) return nanoseconds;
  const failed = mask(s, t, set, setBytes);
  if (failed !== 0) return failed;
  const lengthBytes = count * POLLFD_BYTES;
  // More than a message carries are refused as if the limit were lower.
  if (count > s.kernel.attribute(t, RLIMIT_NOFILE) || lengthBytes > RANGE_BYTES_MAX) return -EINVAL;
  for (const access of count === 0 ? [] : [ACCESS_READ, ACCESS_WRITE]) {
    const ready = s.prepare(t, descriptors, lengthBytes, access);
    if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  }
  return s.file.poll(t, descriptors, lengthBytes, nanoseconds);
};

/**
 * Stores what is left of the timeout of a call that has ended (select(2); Linux:
 * poll_select_finish). A timespec that cannot be written stays as it is, and so does that of who
 * has chosen it (personality(2), STICKY_TIMEOUTS).
 */
function storeTimeLeft(s: Services, t: number, address: number, deadline: number): void {
  if (address === 0 || deadline === Number.POSITIVE_INFINITY) return;
  if ((s.process.personality(t, PERSONALITY_ASK) & STICKY_TIMEOUTS) !== 0) return;
  if (s.prepare(t, address, TIMESPEC_BYTES, ACCESS_WRITE) < TIMESPEC_BYTES) return;
  const left = Math.max(0, Math.floor(deadline - s.kernel.monotonicNanoseconds()));
  const seconds = Math.floor(left / 1e9);
  const words = [seconds, Math.floor(seconds / 2 ** 32), left - seconds * 1e9, 0];
  for (const [index, word] of words.entries()) s.kernel.storeWord(t, address + 4 * index, word);
}

/** What is left goes where ppoll's timeout came from. */
export const pollFinish: Finish = (s, t, words, deadline) =>
  storeTimeLeft(s, t, words[2] ?? 0, deadline);
/** As of ppoll, for pselect6. */
export const selectFinish: Finish = (s, t, words, deadline) =>
  storeTimeLeft(s, t, words[4] ?? 0, deadline);

/** pselect6(2): the mask comes as a pair of address and size. */
export const select: Operate = (s, t, count, read, write, except, time, maskPair) => {
  const pair = maskPair === 0 ? undefined : readBytes(s, t, maskPair, 16);
  if (typeof pair === "number") return pair;
  const nanoseconds = readTimeout(s, t, time);
  if (nanoseconds < -1) return nanoseconds;
  if (pair !== undefined) {
    const view = new DataView(pair.buffer);
    const at = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const failed = mask(s, t, at, view.getUint32(8, true));
    if (failed !== 0) return failed;
  }
  if (count < 0) return -EINVAL;
  const setBytes = 8 * Math.ceil(Math.min(count, SELECT_DESCRIPTORS_MAX) / 64);
  const addresses = [read, write, except];
  const sets = new Uint8Array(SETS * setBytes);
  for (let i = 0; i < SETS; i++) {
    const at = addresses[i] as number;
    if (at === 0 || setBytes === 0) continue;
    const bytes = readBytes(s, t, at, setBytes);
    if (typeof bytes === "number") return bytes;
    sets.set(bytes, i * setBytes);
    const ready = s.prepare(t, at, setBytes, ACCESS_WRITE);
    if (ready < setBytes) return ready < 0 ? ready : -EFAULT;
  }
  const scratch = s.kernel.scratch(t, sets.length);
  s.kernel.copyOut(t, scratch, sets, 0, sets.length);
  const clamped = Math.min(count, SELECT_DESCRIPTORS_MAX);
  const result = s.file.select(t, clamped, scratch, sets.length, nanoseconds);
  if (result === BLOCKED || result < 0) return result;
  s.kernel.copyIn(t, scratch, sets, 0, sets.length);
  for (let i = 0; i < SETS; i++) {
    const at = addresses[i] as number;
    if (at !== 0) s.kernel.copyOut(t, at, sets, i * setBytes, setBytes);
  }
  return result;
};

/** What epoll_pwait and epoll_pwait2 do once they know how long. */
function epollWait(
  s: Services,
  t: number,
  epoll: number,
  events: number,
  count: number,
  nanoseconds: number,
): Result {
  if (count <= 0 || count > EPOLL_EVENTS_MAX) return -EINVAL;
  const lengthBytes = Math.min(count * EPOLL_EVENT_BYTES, RANGE_BYTES_MAX);
  if (events + count * EPOLL_EVENT_BYTES > USER_ADDRESS_END) return -EFAULT;
  // Only as much as is written has to be writable: nobody has so many events as room.
  const ready = s.prepare(t, events, lengthBytes, ACCESS_WRITE);
  if (ready < 0 && ready !== -EFAULT) return ready;
  const room = Math.floor(Math.max(ready, 0) / EPOLL_EVENT_BYTES) * EPOLL_EVENT_BYTES;
  return s.file.waitEpoll(t, epoll, events, room, nanoseconds);
}

/** epoll_pwait(2): milliseconds, < 0: without end. */
export const epollWaitMilliseconds: Operate = (s, t, epoll, events, count, time, set, bytes) => {
  const failed = mask(s, t, set, bytes);
  if (failed !== 0) return failed;
  return epollWait(s, t, epoll, events, count, time < 0 ? -1 : time * 1e6);
};

/** epoll_pwait2(2): a timespec. */
export const epollWaitTimespec: Operate = (s, t, epoll, events, count, time, set, bytes) => {
  const nanoseconds = readTimeout(s, t, time);
  if (nanoseconds < -1) return nanoseconds;
  const failed = mask(s, t, set, bytes);
  return failed !== 0 ? failed : epollWait(s, t, epoll, events, count, nanoseconds);
};
