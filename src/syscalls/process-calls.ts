/**
 * Operations of process rows that need more than to pass words on.
 */
import { EFAULT, EINVAL, ESRCH } from "../abi/errno.js";
import { ACCESS_WRITE } from "../kernel/platform.js";
import { withRange } from "./ioctl.js";
import type { Operate } from "./row.js";

const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const NAME_BYTES = 16;

/** prctl: two options carry a name, the others plain words. */
export const control: Operate = (s, t, option, word0, word1) => {
  if (option !== PR_SET_NAME && option !== PR_GET_NAME) {
    return s.process.control(t, option, word0, word1);
  }
  const set = option === PR_SET_NAME ? 1 : 0;
  return withRange(s, t, word0, NAME_BYTES, (at) => s.process.name(t, set, at));
};

/** sched_getaffinity: one hart. Linux answers the bytes of its mask. */
export const affinity: Operate = (s, t, task, lengthBytes, at) => {
  if (task !== 0 && s.kernel.exists(task) === 0) return -ESRCH;
  if (lengthBytes < 8 || lengthBytes % 8 !== 0) return -EINVAL;
  const ready = s.memory.prepare(t, at, 8, ACCESS_WRITE);
  if (ready < 8) return ready < 0 ? ready : -EFAULT;
  const failed = s.kernel.copyOut(t, at, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 0, 8);
  return failed < 0 ? failed : 8;
};

/** rt_sigtimedwait: without a timeout it waits for ever. */
export const signalTimedWait: Operate = (s, t, set, info, time, lengthBytes) => {
  if (lengthBytes !== 8) return -EINVAL;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  let failed = s.kernel.copyIn(t, set, bytes, 0, 8);
  if (failed < 0) return failed;
  const low = view.getInt32(0, true);
  const high = view.getInt32(4, true);
  if (time === 0) return s.process.signalWait(t, low, high, info, -1);
  failed = s.kernel.copyIn(t, time, bytes, 0, 16);
  if (failed < 0) return failed;
  const seconds = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  const nanoseconds = view.getUint32(8, true);
  if (seconds < 0 || nanoseconds >= 1e9 || view.getInt32(12, true) !== 0) return -EINVAL;
  const timeout = Math.min(seconds * 1e9 + nanoseconds, Number.MAX_SAFE_INTEGER);
  return s.process.signalWait(t, low, high, info, timeout);
};
