/**
 * Scheduling classes of Linux (include/uapi/linux/sched.h, sched/types.h, ioprio.h). Numbers only.
 */
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_BATCH = 3;
export const SCHED_IDLE = 5;
export const SCHED_DEADLINE = 6;
/** A bit of the policy: children begin with the default class. */
export const SCHED_RESET_ON_FORK = 0x4000_0000;

export const REALTIME_PRIORITY_MIN = 1;
export const REALTIME_PRIORITY_MAX = 99;
export const NICE_MIN = -20;
export const NICE_MAX = 19;

/** struct sched_attr: its first version and the one with utilization clamps. */
export const SCHED_ATTRIBUTES_BYTES_MIN = 48;
export const SCHED_ATTRIBUTES_BYTES = 56;
export const SCHED_FLAG_RESET_ON_FORK = 1;

export const IOPRIO_CLASS_NONE = 0;
export const IOPRIO_CLASS_RT = 1;
export const IOPRIO_CLASS_BE = 2;
export const IOPRIO_CLASS_IDLE = 3;
export const IOPRIO_CLASS_SHIFT = 13;
export const IOPRIO_LEVELS = 8;
export const IOPRIO_WHO_PROCESS = 1;
export const IOPRIO_WHO_PGRP = 2;
export const IOPRIO_WHO_USER = 3;

/** Whether a policy is one of the real-time ones with a priority. */
export function isRealtime(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}
