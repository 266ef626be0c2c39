/**
 * read(2) of a terminal: a line at a time (POSIX 11.1.6), or bytes by MIN and TIME (11.1.7).
 */
import { EAGAIN } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { ICANON, VMIN, VTIME } from "../../abi/termios.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { resumeInput } from "./input.js";
import { type Core, hasLocalFlag, MARK_EOF, MARK_NONE, type Terminal } from "./state.js";

/** Unit of TIME. */
const TENTH_NANOSECONDS = 100_000_000;
/** The call's slot: bytes received when the interval timer was last started, + 1. */
const SLOT_RECEIVED = 0;

/** Bytes that a program could read now. */
export function countReadable(terminal: Terminal): number {
  if (!hasLocalFlag(terminal, ICANON)) return terminal.inputLength;
  const marks = terminal.marks.subarray(0, terminal.lineStart);
  return marks.reduce((sum, mark) => sum + (mark === MARK_EOF ? 0 : 1), 0);
}

/** Whether a read would not wait: poll(2). */
export function isReadable(terminal: Terminal): boolean {
  if (terminal.inputEnded) return true;
  if (hasLocalFlag(terminal, ICANON)) return terminal.lineStart > 0;
  const { controls } = terminal.settings;
  const minimum = controls[VTIME] === 0 ? Math.max(1, controls[VMIN] as number) : 1;
  return terminal.inputLength >= minimum;
}

/** @param lengthBytes > 0 @returns bytes, 0: end of file or TIME is over, -EAGAIN or BLOCKED */
export function readInput(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  return hasLocalFlag(terminal, ICANON)
    ? readLine(core, caller, terminal, buffer, lengthBytes, flags)
    : readBytes(core, caller, terminal, buffer, lengthBytes, flags);
}

function mayBlock(caller: TaskId, flags: number): boolean {
  return caller !== 0 && (flags & O_NONBLOCK) === 0;
}

function readLine(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const isEmpty = terminal.lineStart === 0;
  if (mayBlock(caller, flags)) {
    const waits = isEmpty && !terminal.inputEnded;
    if (waits || kernel.forced(caller)) return kernel.block(caller, terminal.inputChannel);
  }
  if (isEmpty) return terminal.inputEnded ? 0 : -EAGAIN;
  let count = 0;
  while (count < lengthBytes && terminal.marks[count] === MARK_NONE) count++;
  // Not a byte but the mark ends the line: it is taken with the bytes before it, even if these fill
  // the buffer, else the next read would see an end of file that is none.
  const isEnd = terminal.marks[count] === MARK_EOF;
  if (!isEnd && count < lengthBytes) count++;
  return take(core, caller, terminal, buffer, count, isEnd ? 1 : 0);
}

function readBytes(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  const minimum = terminal.settings.controls[VMIN] as number;
  const interval = (terminal.settings.controls[VTIME] as number) * TENTH_NANOSECONDS;
  const available = terminal.inputLength;
  const count = Math.min(available, lengthBytes);
  const isPolling = minimum === 0 && interval === 0;
  const isEnough = available >= Math.min(Math.max(minimum, 1), lengthBytes);
  if (mayBlock(caller, flags) && !isPolling) {
    const waits = !isEnough && !terminal.inputEnded;
    if (waits && !isOverdue(core, caller, terminal, minimum, interval)) {
      return kernel.block(caller, terminal.inputChannel);
    }
    if (kernel.forced(caller)) return kernel.block(caller, terminal.inputChannel);
  } else if (count === 0 && !isPolling && !terminal.inputEnded) return -EAGAIN;
  return take(core, caller, terminal, buffer, count, 0);
}

/**
 * TIME: without MIN the time from the call's begin, else between two bytes, from the first one on.
 * Sets the call's deadline. @returns whether it has passed
 */
function isOverdue(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  minimum: number,
  interval: number,
): boolean {
  if (interval === 0 || (minimum > 0 && terminal.inputLength === 0)) return false;
  const { kernel } = core;
  const now = kernel.monotonicNanoseconds();
  // Without MIN bytes end the wait at once: the timer is started only once.
  const seen = minimum > 0 ? terminal.received + 1 : 1;
  if (kernel.slot(caller, SLOT_RECEIVED) !== seen) {
    kernel.setSlot(caller, SLOT_RECEIVED, seen);
    kernel.setDeadline(caller, now + interval);
    return false;
  }
  return now >= kernel.deadline(caller);
}

/** Copies the first bytes of the queue out and drops them. @param extra entries dropped as well */
function take(
  core: Core,
  caller: TaskId,
  terminal: Terminal,
  buffer: number,
  count: number,
  extra: number,
): Result {
  const failed = core.kernel.copyOut(caller, buffer, terminal.input, 0, count);
  if (failed < 0) return failed;
  const dropped = count + extra;
  terminal.input.copyWithin(0, dropped, terminal.inputLength);
  terminal.marks.copyWithin(0, dropped, terminal.inputLength);
  terminal.inputLength -= dropped;
  terminal.lineStart = Math.max(0, terminal.lineStart - dropped);
  resumeInput(core, terminal);
  return count;
}
