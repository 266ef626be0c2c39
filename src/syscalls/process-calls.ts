/**
 * Operations of process rows that need more than to pass words on.
 */
import { CAP_SETGID, hasCapability } from "../abi/capability.js";
import { EFAULT, EINVAL, EIO, EPERM } from "../abi/errno.js";
import { PR_GET_CHILD_SUBREAPER, PR_GET_PDEATHSIG, PR_GET_TID_ADDRESS } from "../abi/process.js";
import { ATTRIBUTE, type TaskId } from "../kernel/calls.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES } from "../kernel/platform.js";
import { BLOCKED, RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import { withRange } from "./ioctl.js";
import type { Operate, Services } from "./row.js";

const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const NAME_BYTES = 16;
/** NGROUPS_MAX. */
const GROUPS_MAX = 65536;

/** Options of prctl that store their answer, and in how many bytes. */
const STORING: ReadonlyMap<number, number> = new Map([
  [PR_GET_PDEATHSIG, 4],
  [PR_GET_CHILD_SUBREAPER, 4],
  [PR_GET_TID_ADDRESS, 8],
]);

/** prctl: two options carry a name, some store what they answer, the others are plain words. */
export const control: Operate = (s, t, option, word0, word1, word2, word3) => {
  if (option === PR_SET_NAME) return setName(s, t, word0);
  if (option === PR_GET_NAME) {
    return withRange(s, t, word0, NAME_BYTES, (at) => s.process.name(t, 0, at));
  }
  const lengthBytes = STORING.get(option);
  const result = s.process.control(t, option, word0, word1, word2, word3);
  if (lengthBytes === undefined || result < 0) return result;
  const bytes = new Uint8Array(lengthBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, result % 2 ** 32, true);
  if (lengthBytes === 8) view.setUint32(4, Math.floor(result / 2 ** 32), true);
  const ready = s.prepare(t, word0, lengthBytes, ACCESS_WRITE);
  if (ready === BLOCKED) return BLOCKED;
  return ready < lengthBytes ? -EFAULT : s.kernel.copyOut(t, word0, bytes, 0, lengthBytes);
};

/** PR_SET_NAME: reads no further than the name's end, which may be that of a page. */
function setName(s: Services, t: TaskId, address: number): Result {
  const bytes = new Uint8Array(NAME_BYTES);
  // The bytes not read yet are zeros: one before them ends the name.
  for (let done = 0; done < NAME_BYTES && bytes.indexOf(0) >= done; ) {
    const at = address + done;
    const chunk = Math.min(NAME_BYTES - done, PAGE_BYTES - (at % PAGE_BYTES));
    const ready = s.prepare(t, at, chunk, ACCESS_READ);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < chunk) return -EFAULT;
    s.kernel.copyIn(t, at, bytes, done, chunk);
    done += chunk;
  }
  const scratch = s.kernel.scratch(t, NAME_BYTES);
  s.kernel.copyOut(t, scratch, bytes, 0, NAME_BYTES);
  return s.process.name(t, 1, scratch);
}

/** getgroups: a list may be longer than a message, so it goes through scratch. */
export const getGroups: Operate = (s, t, count, at) => {
  if (count < 0) return -EINVAL;
  const have = s.process.getGroups(t, 0, 0, 0);
  if (have <= 0 || count === 0) return have;
  if (count < have) return -EINVAL;
  const bytes = new Uint8Array(4 * have);
  const scratch = s.kernel.scratch(t, bytes.length);
  const found = s.process.getGroups(t, have, scratch, bytes.length);
  if (found < 0) return found;
  s.kernel.copyIn(t, scratch, bytes, 0, bytes.length);
  for (let done = 0; done < bytes.length; done += RANGE_BYTES_MAX) {
    const chunk = Math.min(bytes.length - done, RANGE_BYTES_MAX);
    const ready = s.prepare(t, at + done, chunk, ACCESS_WRITE);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < chunk) return -EFAULT;
    s.kernel.copyOut(t, at + done, bytes, done, chunk);
  }
  return have;
};

/** setgroups: as getgroups. Who may not is told so before anything else. */
export const setGroups: Operate = (s, t, count, at) => {
  const capabilities = s.kernel.attribute(t, ATTRIBUTE.effectiveCapabilities);
  if (!hasCapability(capabilities, CAP_SETGID)) return -EPERM;
  if (count < 0 || count > GROUPS_MAX) return -EINVAL;
  const lengthBytes = 4 * count;
  const scratch = s.kernel.scratch(t, lengthBytes);
  const bytes = new Uint8Array(Math.min(lengthBytes, RANGE_BYTES_MAX));
  for (let done = 0; done < lengthBytes; done += RANGE_BYTES_MAX) {
    const chunk = Math.min(lengthBytes - done, RANGE_BYTES_MAX);
    const ready = s.prepare(t, at + done, chunk, ACCESS_READ);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < chunk) return -EFAULT;
    s.kernel.copyIn(t, at + done, bytes, 0, chunk);
    s.kernel.copyOut(t, scratch + done, bytes, 0, chunk);
  }
  return s.process.setGroups(t, count, scratch, lengthBytes);
};

/** exit: a thread can leave even when the process service is lost. */
export const exit: Operate = (s, t, status) => {
  const result = s.process.exit(t, status);
  return result === -EIO ? abandon(s, t, (status & 0xff) << 8) : result;
};

/** exit_group: as exit. */
export const exitGroup: Operate = (s, t, status) => {
  const result = s.process.exitGroup(t, status);
  return result === -EIO ? abandon(s, t, (status & 0xff) << 8) : result;
};

/**
 * The process service is lost: what the threads of the task's process hold is given back, and the
 * kernel ends them. Nobody is told, as those who could wait for it get EIO.
 * @param status a wait status
 */
export function abandon(s: Services, task: TaskId, status: number): Result {
  const process = s.kernel.attribute(task, ATTRIBUTE.process);
  s.time.leave(task);
  for (let id = s.kernel.nextThread(process, 0); id > 0; id = s.kernel.nextThread(process, id)) {
    s.file.leave(id);
    s.memory.leave(id);
  }
  s.kernel.strand(process, status);
  return 0;
}

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
