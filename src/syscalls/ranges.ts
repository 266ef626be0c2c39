/**
 * Memory of the caller for rows that look at it in an order of their own: reading small structures,
 * and running an operation that refuses other things before it misses its range.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { KTIME_MAX_NANOSECONDS } from "../abi/time.js";
import { ACCESS_READ } from "../kernel/platform.js";
import type { Result } from "../kernel/protocol.js";
import type { Services } from "./row.js";

const TIMESPEC_BYTES = 16;

/** Reads guest memory. @returns the bytes, or -errno, or BLOCKED */
export function readBytes(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
): Uint8Array | Result {
  const ready = s.prepare(caller, address, lengthBytes, ACCESS_READ);
  if (ready < lengthBytes) return ready < 0 ? ready : -EFAULT;
  const bytes = new Uint8Array(lengthBytes);
  const failed = s.kernel.copyIn(caller, address, bytes, 0, lengthBytes);
  return failed < 0 ? failed : bytes;
}

/** A signed 64-bit word as a number, cut to ± (2^53 - 1). */
export function wordAt(view: DataView, offset: number): number {
  const value = view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}

/** Seconds and nanoseconds of a timespec. */
export interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Reads a timespec. @returns it, -EFAULT, -EINVAL: negative or unnormalised, or BLOCKED */
export function readMoment(s: Services, caller: number, address: number): Moment | Result {
  const bytes = readBytes(s, caller, address, TIMESPEC_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const seconds = wordAt(view, 0);
  const nanoseconds = wordAt(view, 8);
  if (seconds < 0 || nanoseconds < 0 || nanoseconds >= 1e9) return -EINVAL;
  return { seconds, nanoseconds };
}

/**
 * A timespec as nanoseconds, rounded beyond 104 days; -1: absent. Below -1: -errno or BLOCKED.
 */
export function readTimeout(s: Services, caller: number, address: number): Result {
  if (address === 0) return -1;
  const moment = readMoment(s, caller, address);
  if (typeof moment === "number") return moment;
  return Math.min(moment.seconds * 1e9 + moment.nanoseconds, KTIME_MAX_NANOSECONDS);
}

/**
 * Runs an operation on a range, which is 0 when it cannot be accessed: then the operation's own
 * refusals come first, and else the answer is -EFAULT. For operations that change nothing before
 * they look at their range.
 */
export function onRange(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
  access: number,
  operate: (address: number) => Result,
): Result {
  const at = rangeOrNone(s, caller, address, lengthBytes, access);
  return at < 0 ? at : orFault(operate(at), at);
}

/**
 * The two halves of `onRange`, for a call that is made often: no function is made for it.
 * @returns the range for the operation, 0: it cannot be accessed; or BLOCKED or -errno
 */
export function rangeOrNone(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
  access: number,
): Result {
  const ready = s.prepare(caller, address, lengthBytes, access);
  if (ready >= lengthBytes) return address;
  return ready < 0 && ready !== -EFAULT ? ready : 0;
}

/** What the call answers whose operation had range `at`. */
export const orFault = (result: Result, at: number): Result =>
  at !== 0 || result < 0 ? result : -EFAULT;

/** As `onRange`; a null address is a range that is absent. */
export function onOptionalRange(
  s: Services,
  caller: number,
  address: number,
  lengthBytes: number,
  access: number,
  operate: (address: number) => Result,
): Result {
  return address === 0 ? operate(0) : onRange(s, caller, address, lengthBytes, access, operate);
}
