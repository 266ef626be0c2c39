/** adjtimex(2), as far as a system has it whose clock is the host's: looking, and refusals. */
import { EINVAL, EPERM } from "../../abi/errno.js";
import * as abi from "../../abi/time.js";
import type { Result } from "../../kernel/protocol.js";
import { writeInt64 } from "./structures.js";

/** Linux's figures of a clock without adjustment (kernel/time/ntp.c). */
const MAXIMUM_ERROR_MICROSECONDS = 16_000_000;
const TIME_CONSTANT = 2;
const TOLERANCE = 32_768_000;
const TICK_MICROSECONDS = 10_000;

/** @param modes ADJ_*: what is to be changed @returns 0: nothing; -EPERM, -EINVAL */
export function refuseAdjustment(modes: number): Result {
  if ((modes & abi.ADJ_ADJTIME) === 0) return modes === 0 ? 0 : -EPERM;
  if ((modes & abi.ADJ_OFFSET_SINGLESHOT) === 0) return -EINVAL;
  return (modes & abi.ADJ_OFFSET_READONLY) === 0 ? -EPERM : 0;
}

/** Fills a struct timex with the state of the clock. */
export function describeClock(view: DataView, seconds: number, nanoseconds: number): void {
  for (let offset = 8; offset < abi.TIMEX_BYTES; offset += 8) writeInt64(view, offset, 0);
  writeInt64(view, 24, MAXIMUM_ERROR_MICROSECONDS);
  writeInt64(view, 32, MAXIMUM_ERROR_MICROSECONDS);
  view.setInt32(40, abi.STA_UNSYNC, true);
  writeInt64(view, 48, TIME_CONSTANT);
  writeInt64(view, 56, 1);
  writeInt64(view, 64, TOLERANCE);
  writeInt64(view, 72, seconds);
  writeInt64(view, 80, Math.floor(nanoseconds / 1000));
  writeInt64(view, 88, TICK_MICROSECONDS);
}
