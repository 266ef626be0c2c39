/** eventfd(2): a 64-bit counter that writes add to and reads take, in two 32-bit words. */
import { EAGAIN, EINVAL } from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../abi/poll.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { ALL, type Core, type Counter } from "./state.js";

const COUNTER_BYTES = 8;
const WORD = 2 ** 32;
const WORD_MAX = WORD - 1;

const isZero = (counter: Counter): boolean => counter.low === 0 && counter.high === 0;
/** 2^64 - 2: the most that writes can reach. */
const isFull = (counter: Counter): boolean =>
  counter.high === WORD_MAX && counter.low === WORD_MAX - 1;

/** read(2): all of the counter, or 1 of a semaphore. @returns 8, -EAGAIN, -EINVAL or BLOCKED */
export function readCounter(
  core: Core,
  caller: TaskId,
  counter: Counter,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  if (lengthBytes < COUNTER_BYTES) return -EINVAL;
  if ((flags & O_NONBLOCK) === 0) {
    if (isZero(counter) || kernel.forced(caller)) return kernel.block(caller, counter.growth);
  } else if (isZero(counter)) return -EAGAIN;
  const bytes = new Uint8Array(COUNTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, counter.isSemaphore ? 1 : counter.low, true);
  view.setUint32(4, counter.isSemaphore ? 0 : counter.high, true);
  const failed = kernel.copyOut(caller, buffer, bytes, 0, COUNTER_BYTES);
  if (failed < 0) return failed;
  if (!counter.isSemaphore) {
    counter.low = 0;
    counter.high = 0;
  } else if (counter.low > 0) counter.low--;
  else {
    counter.low = WORD_MAX;
    counter.high--;
  }
  kernel.wake(counter.room, ALL);
  return COUNTER_BYTES;
}

/** write(2): adds. @returns 8, -EAGAIN, -EINVAL or BLOCKED: it would go beyond 2^64 - 2 */
export function writeCounter(
  core: Core,
  caller: TaskId,
  counter: Counter,
  buffer: number,
  lengthBytes: number,
  flags: number,
): Result {
  const { kernel } = core;
  if (lengthBytes !== COUNTER_BYTES) return -EINVAL;
  const bytes = new Uint8Array(COUNTER_BYTES);
  const failed = kernel.copyIn(caller, buffer, bytes, 0, COUNTER_BYTES);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  const addLow = view.getUint32(0, true);
  const addHigh = view.getUint32(4, true);
  if (addLow === WORD_MAX && addHigh === WORD_MAX) return -EINVAL;
  const low = counter.low + addLow;
  const high = counter.high + addHigh + (low > WORD_MAX ? 1 : 0);
  const isTooMuch = high > WORD_MAX || (high === WORD_MAX && low % WORD === WORD_MAX);
  if ((flags & O_NONBLOCK) === 0) {
    if (isTooMuch || kernel.forced(caller)) return kernel.block(caller, counter.room);
  } else if (isTooMuch) return -EAGAIN;
  counter.low = low % WORD;
  counter.high = high;
  kernel.wake(counter.growth, ALL);
  return COUNTER_BYTES;
}

/** poll(2). @param register 1: also wait for these events @returns POLL* that hold now */
export function pollCounter(
  core: Core,
  caller: TaskId,
  counter: Counter,
  events: number,
  register: number,
): Result {
  const { kernel } = core;
  let ready = 0;
  if (!isZero(counter)) ready |= POLLIN | POLLRDNORM;
  if (!isFull(counter)) ready |= POLLOUT | POLLWRNORM;
  if (register === 1) {
    if ((events & (POLLIN | POLLRDNORM)) !== 0) kernel.block(caller, counter.growth);
    if ((events & (POLLOUT | POLLWRNORM)) !== 0) kernel.block(caller, counter.room);
  }
  return ready & (events | POLLERR);
}
