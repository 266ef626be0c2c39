/**
 * The scheduler: a multi-level feedback queue over the kernel's priority queues. A task begins at
 * the top; each quantum that it uses up (waiting in between does not renew it) sends it a level
 * down, where quanta are longer and turns rarer. Nice values scale the quantum, so that tasks of
 * one level share the hart in that proportion. Every BOOST_NANOSECONDS all that have fallen rise
 * again: what waits most of the time is mostly at the top, and nothing starves. SCHED_FIFO and
 * SCHED_RR are above all levels and never fall; SCHED_IDLE is below them.
 */
import { isRealtime, SCHED_IDLE, SCHED_RR } from "../../abi/scheduling.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import {
  BOOST_NANOSECONDS,
  ENDLESS_INSTRUCTIONS,
  IDLE_PRIORITY,
  LEVELS,
  priorityOfRealtime,
  quantumInstructions,
  ROUND_ROBIN_INSTRUCTIONS,
  TOP_PRIORITY,
} from "./policy.js";
import type { SchedulerService } from "./protocol.js";

export interface SchedulerState {
  /** Levels of the tasks that are not at the top. */
  fallen: Map<TaskId, number>;
  boostedNanoseconds: number;
}

/** The policy. The kernel calls it as task 0. */
export class Scheduler implements SchedulerService {
  readonly state: SchedulerState = { fallen: new Map(), boostedNanoseconds: 0 };

  constructor(private readonly kernel: KernelCalls) {}

  event(_caller: TaskId, _kind: number, _word0: number, _word1: number, _word2: number): Result {
    return 0;
  }

  admit(_caller: TaskId, task: TaskId): Result {
    this.state.fallen.delete(task);
    return this.apply(task, 0);
  }

  quantumExpired(_caller: TaskId, task: TaskId): Result {
    const now = this.kernel.monotonicNanoseconds();
    if (now - this.state.boostedNanoseconds >= BOOST_NANOSECONDS) this.boost(now);
    const level = Math.min((this.state.fallen.get(task) ?? 0) + 1, LEVELS - 1);
    this.state.fallen.set(task, level);
    return this.apply(task, level);
  }

  niceChanged(_caller: TaskId, task: TaskId): Result {
    return this.apply(task, this.state.fallen.get(task) ?? 0);
  }

  private boost(now: number): void {
    this.state.boostedNanoseconds = now;
    for (const task of this.state.fallen.keys()) {
      if (this.kernel.exists(task) === 1) this.apply(task, 0);
    }
    this.state.fallen.clear();
  }

  private apply(task: TaskId, level: number): Result {
    const policy = this.kernel.attribute(task, ATTRIBUTE.schedulingPolicy);
    if (isRealtime(policy)) {
      const realtime = this.kernel.attribute(task, ATTRIBUTE.realtimePriority);
      const quantum = policy === SCHED_RR ? ROUND_ROBIN_INSTRUCTIONS : ENDLESS_INSTRUCTIONS;
      this.kernel.setPriority(task, priorityOfRealtime(realtime), quantum);
      return 0;
    }
    const nice = this.kernel.attribute(task, ATTRIBUTE.nice);
    const priority = policy === SCHED_IDLE ? IDLE_PRIORITY : TOP_PRIORITY + level;
    this.kernel.setPriority(task, priority, quantumInstructions(nice, level));
    return 0;
  }
}
