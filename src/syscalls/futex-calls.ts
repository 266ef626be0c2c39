/**
 * futex(2): from its overloaded arguments to the operations of the futex service.
 */
import { EFAULT, EINVAL, ENOSYS } from "../abi/errno.js";
import { ACCESS_READ, ACCESS_WRITE, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { readBytes } from "./ranges.js";
import type { Operate, Services } from "./row.js";

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;
const ALL_BITS = 0xffff_ffff;

/** futex: one call with a command, as in futex(2); priority inheritance is not there (ENOSYS). */
export const futex: Operate = (s, t, address, operation, value, time, target, value3) => {
  const command = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const shared = (operation & FUTEX_PRIVATE_FLAG) !== 0 ? 0 : 1;
  if (address % 4 !== 0) return -EINVAL;
  // A second count travels where others have their timeout.
  const count2 = time >= USER_ADDRESS_LIMIT ? 0x7fff_ffff : time | 0;
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const bits = command === FUTEX_WAIT ? ALL_BITS : value3;
      if (bits === 0) return -EINVAL;
      return wait(s, t, address, shared, value, time, command, operation, bits);
    }
    case FUTEX_WAKE:
      return s.futex.wake(t, address, shared, value | 0, ALL_BITS);
    case FUTEX_WAKE_BITSET:
      return value3 === 0 ? -EINVAL : s.futex.wake(t, address, shared, value | 0, value3);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      const compare = command === FUTEX_CMP_REQUEUE ? 1 : 0;
      const ready = readable(s, t, address);
      if (ready !== 0) return ready;
      if ((value | 0) < 0 || count2 < 0) return -EINVAL;
      return s.futex.requeue(t, address, shared, value, count2, target, compare, value3);
    }
    case FUTEX_WAKE_OP: {
      const ready = s.memory.prepare(t, target, 4, ACCESS_WRITE);
      if (ready < 4) return ready < 0 ? ready : -EFAULT;
      return s.futex.wakeOperation(t, address, shared, value, count2, target, value3);
    }
    default:
      return -ENOSYS;
  }
};

function readable(s: Services, caller: number, address: number): Result {
  const ready = s.memory.prepare(caller, address, 4, ACCESS_READ);
  if (ready === BLOCKED) return BLOCKED;
  return ready < 4 ? -EFAULT : 0;
}

/** FUTEX_WAIT has a relative timeout, FUTEX_WAIT_BITSET an absolute one, on either clock. */
function wait(
  s: Services,
  t: number,
  address: number,
  shared: number,
  expected: number,
  time: number,
  command: number,
  operation: number,
  bits: number,
): Result {
  const ready = readable(s, t, address);
  if (ready !== 0) return ready;
  if (time === 0) return s.futex.wait(t, address, shared, expected, -1, bits);
  const known = s.kernel.deadline(t);
  if (known !== Number.POSITIVE_INFINITY) {
    return s.futex.wait(t, address, shared, expected, known, bits);
  }
  const bytes = readBytes(s, t, time, 16);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const seconds = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  const nanoseconds = view.getUint32(8, true);
  if (seconds < 0 || nanoseconds >= 1e9 || view.getInt32(12, true) !== 0) return -EINVAL;
  const now = s.kernel.monotonicNanoseconds();
  const given = seconds * 1e9 + nanoseconds;
  let deadline = given;
  if (command === FUTEX_WAIT) deadline = now + given;
  else if ((operation & FUTEX_CLOCK_REALTIME) !== 0) {
    const ahead = seconds - s.kernel.realtimeSeconds();
    deadline = now + ahead * 1e9 + (nanoseconds - s.kernel.realtimeNanoseconds());
  }
  const absolute = Math.max(0, Math.min(deadline, Number.MAX_SAFE_INTEGER));
  return s.futex.wait(t, address, shared, expected, absolute, bits);
}
