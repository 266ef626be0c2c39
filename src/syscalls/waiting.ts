/**
 * ppoll and pselect6: the timeout and the mask are read once, the sets on every run.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import type { Operate, Services } from "./row.js";

const TIMESPEC_BYTES = 16;
const SETS = 3;
/** FD_SETSIZE rounded to words: what select(2) accepts at most here. */
const DESCRIPTORS_MAX = 65536;

/** Reads guest memory. @returns the bytes, or -errno, or BLOCKED */
export function readBytes(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
): Uint8Array | Result {
  const ready = s.memory.prepare(caller, address, lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  const bytes = new Uint8Array(lengthBytes);
  const failed = s.kernel.copyIn(caller, address, bytes, 0, lengthBytes);
  return failed < 0 ? failed : bytes;
}

/** A timespec as nanoseconds; -1: absent. A number below -1 is -errno or BLOCKED. */
function timeout(s: Services, caller: number, address: number): Result {
  if (address === 0) return -1;
  const bytes = readBytes(s, caller, address, TIMESPEC_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const seconds = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  const nanoseconds = view.getUint32(8, true);
  if (seconds < 0 || nanoseconds >= 1e9 || view.getInt32(12, true) !== 0) return -EINVAL;
  return Math.min(seconds * 1e9 + nanoseconds, Number.MAX_SAFE_INTEGER);
}

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

/** ppoll: timeout and mask are taken once, when the call begins. */
export const poll: Operate = (s, t, descriptors, count, time, set, setBytes) => {
  const limit = s.kernel.attribute(t, 32 + 7);
  if (count > limit || count > DESCRIPTORS_MAX / 8) return -EINVAL;
  const nanoseconds = timeout(s, t, time);
  if (nanoseconds < -1) return nanoseconds;
  const failed = mask(s, t, set, setBytes);
  if (failed !== 0) return failed;
  return s.file.poll(t, descriptors, count * 8, nanoseconds);
};

/** pselect6: the mask comes as a pair of address and size. */
export const select: Operate = (s, t, count, read, write, except, time, maskPair) => {
  if (count < 0) return -EINVAL;
  const setBytes = 8 * Math.ceil(Math.min(count, DESCRIPTORS_MAX / 16) / 64);
  const nanoseconds = timeout(s, t, time);
  if (nanoseconds < -1) return nanoseconds;
  const pair = maskPair === 0 ? undefined : readBytes(s, t, maskPair, 16);
  if (typeof pair === "number") return pair;
  if (pair !== undefined) {
    const view = new DataView(pair.buffer);
    const at = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const failed = mask(s, t, at, view.getUint32(8, true));
    if (failed !== 0) return failed;
  }
  const addresses = [read, write, except];
  const sets = new Uint8Array(SETS * setBytes);
  for (let i = 0; i < SETS; i++) {
    const at = addresses[i] as number;
    if (at === 0 || setBytes === 0) continue;
    const bytes = readBytes(s, t, at, setBytes);
    if (typeof bytes === "number") return bytes;
    sets.set(bytes, i * setBytes);
    const ready = s.memory.prepare(t, at, setBytes, ACCESS_WRITE);
    if (ready < setBytes) return ready < 0 ? ready : -EFAULT;
  }
  const scratch = s.kernel.scratch(t, sets.length);
  s.kernel.copyOut(t, scratch, sets, 0, sets.length);
  const result = s.file.select(t, count, scratch, sets.length, nanoseconds);
  if (result === BLOCKED || result < 0) return result;
  s.kernel.copyIn(t, scratch, sets, 0, sets.length);
  for (let i = 0; i < SETS; i++) {
    const at = addresses[i] as number;
    if (at !== 0) s.kernel.copyOut(t, at, sets, i * setBytes, setBytes);
  }
  return result;
};
