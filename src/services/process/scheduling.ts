/**
 * Scheduling as a process sees it: nice values, scheduling classes, I/O priorities, and who may
 * change whose (setpriority(2), sched(7), ioprio_set(2); Linux kernel/sched/syscalls.c). What they
 * mean for the hart is the scheduler service's; an I/O priority is kept and has no effect.
 */
import { CAP_SYS_ADMIN, CAP_SYS_NICE } from "../../abi/capability.js";
import { EACCES, EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import {
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIMIT_NICE,
  RLIMIT_RTPRIO,
} from "../../abi/process.js";
import {
  IOPRIO_CLASS_BE,
  IOPRIO_CLASS_IDLE,
  IOPRIO_CLASS_NONE,
  IOPRIO_CLASS_RT,
  IOPRIO_CLASS_SHIFT,
  IOPRIO_LEVELS,
  IOPRIO_WHO_PGRP,
  IOPRIO_WHO_PROCESS,
  IOPRIO_WHO_USER,
  isRealtime,
  NICE_MAX,
  NICE_MIN,
  REALTIME_PRIORITY_MAX,
  REALTIME_PRIORITY_MIN,
  SCHED_BATCH,
  SCHED_IDLE,
  SCHED_OTHER,
} from "../../abi/scheduling.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { type Context, isCapable } from "./context.js";
import { NICE_UNCHANGED, SCHEDULING_FIGURE } from "./protocol.js";

/** RLIMIT_NICE counts from 20 (nice 19 is 1) to 40 (nice -20). */
const NICE_LIMIT_BASE = 20;

/** What sched_setscheduler and its kin ask for. */
export interface SchedulingRequest {
  /** -1: unchanged. */
  readonly policy: number;
  readonly priority: number;
  /** -20..19, or NICE_UNCHANGED. */
  readonly nice: number;
  readonly resetsOnFork: boolean;
}

export class Scheduling {
  constructor(private readonly context: Context) {}

  /** setpriority(2). */
  setPriority(caller: TaskId, which: number, id: number, nice: number): Result {
    const tasks = this.selected(caller, which, id);
    if (typeof tasks === "number") return tasks;
    const wanted = Math.max(NICE_MIN, Math.min(NICE_MAX, nice));
    // As on Linux each one is tried, and the last refusal is told.
    let failed: Result = 0;
    for (const task of tasks) {
      if (!this.isOwner(caller, task)) failed = -EPERM;
      else if (!this.mayHaveNice(caller, task, wanted)) failed = -EACCES;
      else {
        const result = this.apply(caller, task, ATTRIBUTE.nice, wanted);
        if (result < 0) return result;
      }
    }
    return failed;
  }

  /** getpriority(2). The system call answers 20 - nice, so that no value looks like an error. */
  getPriority(caller: TaskId, which: number, id: number): Result {
    const tasks = this.selected(caller, which, id);
    if (typeof tasks === "number") return tasks;
    const { kernel } = this.context;
    return 20 - Math.min(...tasks.map((task) => kernel.attribute(task, ATTRIBUTE.nice)));
  }

  /** sched_setscheduler(2), sched_setparam(2), sched_setattr(2). */
  set(caller: TaskId, id: number, request: SchedulingRequest): Result {
    const task = this.find(caller, id);
    if (task < 0) return task;
    const { kernel } = this.context;
    const current = kernel.attribute(task, ATTRIBUTE.schedulingPolicy);
    const policy = request.policy < 0 ? current : request.policy;
    if (!isRealtime(policy) && ![SCHED_OTHER, SCHED_BATCH, SCHED_IDLE].includes(policy)) {
      return -EINVAL;
    }
    const least = isRealtime(policy) ? REALTIME_PRIORITY_MIN : 0;
    const most = isRealtime(policy) ? REALTIME_PRIORITY_MAX : 0;
    if (!(request.priority >= least && request.priority <= most)) return -EINVAL;
    if (!this.maySet(caller, task, policy, request)) return -EPERM;
    const thread = this.context.thread(task);
    if (request.policy >= 0) thread.resetsOnFork = request.resetsOnFork;
    kernel.setAttribute(task, ATTRIBUTE.schedulingPolicy, policy);
    if (!isRealtime(policy) && request.nice !== NICE_UNCHANGED) {
      kernel.setAttribute(task, ATTRIBUTE.nice, request.nice);
    }
    return this.apply(caller, task, ATTRIBUTE.realtimePriority, request.priority);
  }

  /** sched_getscheduler(2), sched_getparam(2), sched_getattr(2): one SCHEDULING_FIGURE. */
  get(caller: TaskId, id: number, figure: number): Result {
    const task = this.find(caller, id);
    if (task < 0) return task;
    const { kernel } = this.context;
    if (figure === SCHEDULING_FIGURE.policy) {
      return kernel.attribute(task, ATTRIBUTE.schedulingPolicy);
    }
    if (figure === SCHEDULING_FIGURE.priority) {
      return kernel.attribute(task, ATTRIBUTE.realtimePriority);
    }
    if (figure === SCHEDULING_FIGURE.resetsOnFork) {
      return this.context.thread(task).resetsOnFork ? 1 : 0;
    }
    return figure === SCHEDULING_FIGURE.nice
      ? 20 - kernel.attribute(task, ATTRIBUTE.nice)
      : -EINVAL;
  }

  /** sched_setaffinity(2): whether the caller may; there is one hart to choose. */
  mayMove(caller: TaskId, id: number): Result {
    const task = this.find(caller, id);
    if (task < 0) return task;
    const { kernel } = this.context;
    return this.isSameOwner(caller, task) || isCapable(kernel, caller, CAP_SYS_NICE) ? 0 : -EPERM;
  }

  /** A child of a thread with SCHED_RESET_ON_FORK begins with the default class. */
  reset(task: TaskId): void {
    const { kernel } = this.context;
    if (isRealtime(kernel.attribute(task, ATTRIBUTE.schedulingPolicy))) {
      kernel.setAttribute(task, ATTRIBUTE.schedulingPolicy, SCHED_OTHER);
      kernel.setAttribute(task, ATTRIBUTE.realtimePriority, 0);
    }
    if (kernel.attribute(task, ATTRIBUTE.nice) < 0) {
      kernel.setAttribute(task, ATTRIBUTE.nice, 0);
    }
  }

  /** ioprio_set(2). */
  setIoPriority(caller: TaskId, which: number, who: number, value: number): Result {
    const { kernel } = this.context;
    // The bits above the level are hints, which nobody here takes.
    const level = value % IOPRIO_LEVELS;
    switch (value >> IOPRIO_CLASS_SHIFT) {
      case IOPRIO_CLASS_RT:
        if (!isCapable(kernel, caller, CAP_SYS_ADMIN) && !isCapable(kernel, caller, CAP_SYS_NICE)) {
          return -EPERM;
        }
        break;
      case IOPRIO_CLASS_BE:
      case IOPRIO_CLASS_IDLE:
        break;
      case IOPRIO_CLASS_NONE:
        if (level !== 0) return -EINVAL;
        break;
      default:
        return -EINVAL;
    }
    const tasks = this.selectedForIo(caller, which, who);
    if (typeof tasks === "number") return tasks;
    for (const task of tasks) {
      if (!this.isOwner(caller, task)) return -EPERM;
      this.context.thread(task).ioPriority = value;
    }
    return 0;
  }

  /** ioprio_get(2): the most urgent of those chosen. */
  getIoPriority(caller: TaskId, which: number, who: number): Result {
    const tasks = this.selectedForIo(caller, which, who);
    if (typeof tasks === "number") return tasks;
    const values = tasks.map((task) => this.context.thread(task).ioPriority);
    const set = values.filter((value) => value !== 0);
    return set.length === 0 ? 0 : Math.min(...set);
  }

  private selectedForIo(caller: TaskId, which: number, who: number): TaskId[] | Result {
    if (which === IOPRIO_WHO_PROCESS) return this.selected(caller, PRIO_PROCESS, who);
    if (which === IOPRIO_WHO_PGRP) return this.selected(caller, PRIO_PGRP, who);
    return which === IOPRIO_WHO_USER ? this.selected(caller, PRIO_USER, who) : -EINVAL;
  }

  private apply(caller: TaskId, task: TaskId, attribute: number, value: number): Result {
    const { kernel, services } = this.context;
    kernel.setAttribute(task, attribute, value);
    return services.scheduler.niceChanged(caller, task);
  }

  private find(caller: TaskId, id: number): Result {
    const task = id === 0 ? caller : id;
    return this.context.state.threads.has(task) ? task : -ESRCH;
  }

  private maySet(
    caller: TaskId,
    task: TaskId,
    policy: number,
    request: SchedulingRequest,
  ): boolean {
    const { kernel } = this.context;
    if (isCapable(kernel, caller, CAP_SYS_NICE)) return true;
    if (!this.isSameOwner(caller, task)) return false;
    const current = kernel.attribute(task, ATTRIBUTE.schedulingPolicy);
    const nice = kernel.attribute(task, ATTRIBUTE.nice);
    if (isRealtime(policy)) {
      const limit = kernel.attribute(task, ATTRIBUTE.limits + RLIMIT_RTPRIO);
      if (policy !== current && limit === 0) return false;
      const has = kernel.attribute(task, ATTRIBUTE.realtimePriority);
      if (request.priority > has && request.priority > limit) return false;
    } else if (request.nice !== NICE_UNCHANGED && request.nice < nice) {
      if (!this.mayHaveNice(caller, task, request.nice)) return false;
    }
    const isIdle = current === SCHED_IDLE && policy !== SCHED_IDLE;
    if (isIdle && !this.isWithinLimit(task, nice)) return false;
    return !this.context.thread(task).resetsOnFork || request.resetsOnFork;
  }

  /** Not more urgent than now, or than RLIMIT_NICE lets it be. */
  private mayHaveNice(caller: TaskId, task: TaskId, nice: number): boolean {
    const { kernel } = this.context;
    if (nice >= kernel.attribute(task, ATTRIBUTE.nice)) return true;
    return this.isWithinLimit(task, nice) || isCapable(kernel, caller, CAP_SYS_NICE);
  }

  private isWithinLimit(task: TaskId, nice: number): boolean {
    const limit = this.context.kernel.attribute(task, ATTRIBUTE.limits + RLIMIT_NICE);
    return NICE_LIMIT_BASE - nice <= limit;
  }

  /** Whether the caller may renice the task. */
  private isOwner(caller: TaskId, task: TaskId): boolean {
    return this.isSameOwner(caller, task) || isCapable(this.context.kernel, caller, CAP_SYS_NICE);
  }

  private isSameOwner(caller: TaskId, task: TaskId): boolean {
    const { kernel } = this.context;
    const effective = kernel.attribute(caller, ATTRIBUTE.effectiveUserId);
    return (
      kernel.attribute(task, ATTRIBUTE.userId) === effective ||
      kernel.attribute(task, ATTRIBUTE.effectiveUserId) === effective
    );
  }

  private selected(caller: TaskId, which: number, id: number): TaskId[] | Result {
    const { kernel, state } = this.context;
    if (which === PRIO_PROCESS) {
      const task = id === 0 ? caller : id;
      return state.threads.has(task) ? [task] : -ESRCH;
    }
    if (which !== PRIO_PGRP && which !== PRIO_USER) return -EINVAL;
    const attribute = which === PRIO_PGRP ? ATTRIBUTE.group : ATTRIBUTE.userId;
    const wanted = id === 0 ? kernel.attribute(caller, attribute) : id;
    const tasks = [...state.threads.keys()].filter(
      (task) => kernel.attribute(task, attribute) === wanted,
    );
    return tasks.length === 0 ? -ESRCH : tasks;
  }
}
