/**
 * Rows of scheduling: nice values, classes, affinity, I/O priorities. The structures of
 * sched_setattr(2) are taken apart here; who may do what is the process service's.
 */
import { E2BIG, EFAULT, EINVAL } from "../abi/errno.js";
import {
  isRealtime,
  NICE_MAX,
  NICE_MIN,
  REALTIME_PRIORITY_MAX,
  REALTIME_PRIORITY_MIN,
  SCHED_ATTRIBUTES_BYTES,
  SCHED_ATTRIBUTES_BYTES_MIN,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
} from "../abi/scheduling.js";
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { NICE_UNCHANGED, SCHEDULING_FIGURE } from "../services/process/protocol.js";
import { address, int, size, unsigned } from "./arguments.js";
import { row } from "./make-row.js";
import type { Operate, Row, Services } from "./row.js";

/** What a turn of SCHED_RR lasts (sched_rr_get_interval). */
const ROUND_ROBIN_NANOSECONDS = 100_000_000;
/** The longest quantum of the default class at nice 0 (services/scheduler/policy.ts). */
const QUANTUM_NANOSECONDS = 4_000_000;
/** Bytes of the one word of CPUs that this machine has. */
const CPU_MASK_BYTES = 8;

/** Copies from the program. @returns 0, -EFAULT or BLOCKED */
function copyIn(s: Services, t: number, at: number, bytes: Uint8Array): Result {
  const ready = s.prepare(t, at, bytes.length, ACCESS_READ);
  if (ready === BLOCKED) return BLOCKED;
  if (ready < bytes.length) return -EFAULT;
  return s.kernel.copyIn(t, at, bytes, 0, bytes.length);
}

function copyOut(s: Services, t: number, at: number, bytes: Uint8Array): Result {
  const ready = s.prepare(t, at, bytes.length, ACCESS_WRITE);
  if (ready === BLOCKED) return BLOCKED;
  if (ready < bytes.length) return -EFAULT;
  return s.kernel.copyOut(t, at, bytes, 0, bytes.length);
}

/** sched_setscheduler and sched_setparam. @param policy -1: unchanged */
function setScheduler(s: Services, t: number, id: number, policy: number, at: number): Result {
  if (at === 0 || id < 0) return -EINVAL;
  const bytes = new Uint8Array(4);
  const failed = copyIn(s, t, at, bytes);
  if (failed !== 0) return failed;
  const priority = new DataView(bytes.buffer).getInt32(0, true);
  const resets = policy >= 0 && (policy & SCHED_RESET_ON_FORK) !== 0 ? 1 : 0;
  const which = policy < 0 ? -1 : policy & ~SCHED_RESET_ON_FORK;
  return s.process.setScheduling(t, id, which, priority, NICE_UNCHANGED, resets);
}

const getScheduler: Operate = (s, t, id) => {
  if (id < 0) return -EINVAL;
  const policy = s.process.getScheduling(t, id, SCHEDULING_FIGURE.policy);
  if (policy < 0) return policy;
  const resets = s.process.getScheduling(t, id, SCHEDULING_FIGURE.resetsOnFork);
  return resets === 1 ? policy + SCHED_RESET_ON_FORK : policy;
};

const getParameter: Operate = (s, t, id, at) => {
  if (at === 0 || id < 0) return -EINVAL;
  const priority = s.process.getScheduling(t, id, SCHEDULING_FIGURE.priority);
  if (priority < 0) return priority;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, priority, true);
  return copyOut(s, t, at, bytes);
};

/** struct sched_attr: size, policy, flags (8 bytes), nice, priority; the deadline class follows. */
const setAttributes: Operate = (s, t, id, at, flags) => {
  if (at === 0 || id < 0 || flags !== 0) return -EINVAL;
  const word = new Uint8Array(4);
  let failed = copyIn(s, t, at, word);
  if (failed !== 0) return failed;
  let bytesGiven = new DataView(word.buffer).getUint32(0, true);
  if (bytesGiven === 0) bytesGiven = SCHED_ATTRIBUTES_BYTES_MIN;
  if (bytesGiven < SCHED_ATTRIBUTES_BYTES_MIN || bytesGiven > PAGE_BYTES) {
    return tellSize(s, t, at);
  }
  const bytes = new Uint8Array(Math.max(bytesGiven, SCHED_ATTRIBUTES_BYTES));
  failed = copyIn(s, t, at, bytes.subarray(0, bytesGiven));
  if (failed !== 0) return failed;
  if (bytes.subarray(SCHED_ATTRIBUTES_BYTES).some((byte) => byte !== 0)) return tellSize(s, t, at);
  const view = new DataView(bytes.buffer);
  const policy = view.getInt32(4, true);
  const wanted = view.getUint32(8, true);
  const isUnknown = (wanted & ~SCHED_FLAG_RESET_ON_FORK) !== 0 || view.getUint32(12, true) !== 0;
  if (policy < 0 || isUnknown) return -EINVAL;
  const nice = Math.max(NICE_MIN, Math.min(NICE_MAX, view.getInt32(16, true)));
  const resets = wanted & SCHED_FLAG_RESET_ON_FORK;
  return s.process.setScheduling(t, id, policy, view.getInt32(20, true), nice, resets);
};

/** A size that is not known is answered with the one that is. */
function tellSize(s: Services, t: number, at: number): Result {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, SCHED_ATTRIBUTES_BYTES, true);
  const failed = copyOut(s, t, at, bytes);
  return failed === BLOCKED ? BLOCKED : -E2BIG;
}

const getAttributes: Operate = (s, t, id, at, lengthBytes, flags) => {
  const isSize = lengthBytes >= SCHED_ATTRIBUTES_BYTES_MIN && lengthBytes <= PAGE_BYTES;
  if (at === 0 || id < 0 || !isSize || flags !== 0) return -EINVAL;
  const policy = s.process.getScheduling(t, id, SCHEDULING_FIGURE.policy);
  if (policy < 0) return policy;
  const bytes = new Uint8Array(Math.min(lengthBytes, SCHED_ATTRIBUTES_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, policy, true);
  const resets = s.process.getScheduling(t, id, SCHEDULING_FIGURE.resetsOnFork);
  view.setUint32(8, resets, true);
  const nice = 20 - s.process.getScheduling(t, id, SCHEDULING_FIGURE.nice);
  if (!isRealtime(policy)) view.setInt32(16, nice, true);
  const priority = s.process.getScheduling(t, id, SCHEDULING_FIGURE.priority);
  view.setUint32(20, priority, true);
  return copyOut(s, t, at, bytes);
};

/** @param realtime what the real-time classes have */
const priorityOf =
  (realtime: number): Operate =>
  (_s, _t, policy) => {
    if (isRealtime(policy)) return realtime;
    const others = [SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE];
    return others.includes(policy) ? 0 : -EINVAL;
  };

const interval: Operate = (s, t, id, at) => {
  if (id < 0) return -EINVAL;
  const policy = s.process.getScheduling(t, id, SCHEDULING_FIGURE.policy);
  if (policy < 0) return policy;
  const bytes = new Uint8Array(16);
  const ofRealtime = policy === SCHED_RR ? ROUND_ROBIN_NANOSECONDS : 0;
  const nanoseconds = isRealtime(policy) ? ofRealtime : QUANTUM_NANOSECONDS;
  new DataView(bytes.buffer).setUint32(8, nanoseconds, true);
  return copyOut(s, t, at, bytes);
};

const setAffinity: Operate = (s, t, id, lengthBytes, at) => {
  const bytes = new Uint8Array(Math.min(lengthBytes, CPU_MASK_BYTES));
  const failed = copyIn(s, t, at, bytes);
  if (failed !== 0) return failed;
  const refused = s.process.mayMove(t, id);
  if (refused !== 0) return refused;
  return ((bytes[0] ?? 0) & 1) === 1 ? 0 : -EINVAL;
};

/** Linux answers the bytes of its mask. */
const getAffinity: Operate = (s, t, id, lengthBytes, at) => {
  if (lengthBytes < CPU_MASK_BYTES || lengthBytes % CPU_MASK_BYTES !== 0) return -EINVAL;
  const policy = s.process.getScheduling(t, id, SCHEDULING_FIGURE.policy);
  if (policy < 0) return policy;
  const failed = copyOut(s, t, at, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  return failed === 0 ? CPU_MASK_BYTES : failed;
};

const COARSE = "priorities 1 to 99 are eight steps of urgency";

export const SCHEDULING_TABLE: readonly Row[] = Object.freeze([
  row(
    30,
    "ioprio_set",
    [int, int, int],
    (s, t, which, who, value) => s.process.setIoPriority(t, which, who, value),
    "kept, without effect",
  ),
  row(31, "ioprio_get", [int, int], (s, t, which, who) => s.process.getIoPriority(t, which, who)),
  row(118, "sched_setparam", [int, address], (s, t, id, at) => setScheduler(s, t, id, -1, at)),
  row(
    119,
    "sched_setscheduler",
    [int, int, address],
    (s, t, id, policy, at) => (policy < 0 ? -EINVAL : setScheduler(s, t, id, policy, at)),
    `${COARSE}; no SCHED_DEADLINE: EINVAL`,
  ),
  row(120, "sched_getscheduler", [int], getScheduler),
  row(121, "sched_getparam", [int, address], getParameter),
  row(122, "sched_setaffinity", [int, size, address], setAffinity, "one hart"),
  row(123, "sched_getaffinity", [int, size, address], getAffinity, "one hart"),
  row(124, "sched_yield", [], (s, t) => {
    s.kernel.yieldTask(t);
    return 0;
  }),
  row(125, "sched_get_priority_max", [int], priorityOf(REALTIME_PRIORITY_MAX)),
  row(126, "sched_get_priority_min", [int], priorityOf(REALTIME_PRIORITY_MIN)),
  row(127, "sched_rr_get_interval", [int, address], interval),
  row(140, "setpriority", [int, int, int], (s, t, which, id, nice) =>
    s.process.setPriority(t, which, id, nice),
  ),
  row(141, "getpriority", [int, int], (s, t, which, id) => s.process.getPriority(t, which, id)),
  row(274, "sched_setattr", [int, address, unsigned], setAttributes, "no deadline, no clamps"),
  row(275, "sched_getattr", [int, address, unsigned, unsigned], getAttributes),
]);
