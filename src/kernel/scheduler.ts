/**
 * The scheduling mechanism: one queue of runnable tasks per priority and a quantum per task. Which
 * priority and quantum a task has is the scheduler service's policy.
 */
import type { Task } from "./tasks.js";

/** Priorities are 0 (most urgent) .. 31. */
export const PRIORITIES = 32;

export interface SchedulerState {
  /** Runnable task ids per priority, first in first out. */
  readonly queues: number[][];
  /** Bit p is set while queue p is not empty. */
  occupied: number;
}

/** Takes a number out of a list, most often the first: a splice would make a list of it. */
export function removeOne(list: number[], one: number): void {
  if (list[0] === one) {
    if (list.length === 1) list.pop();
    else list.shift();
    return;
  }
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
}

export class RunQueues {
  readonly state: SchedulerState = {
    queues: Array.from({ length: PRIORITIES }, () => []),
    occupied: 0,
  };

  /** Puts a task at the end of its queue, or (with `first`) at the head. */
  add(task: Task, first: boolean): void {
    if (task.queued) return;
    task.queued = true;
    const queue = this.state.queues[task.priority] as number[];
    if (first) queue.unshift(task.id);
    else queue.push(task.id);
    this.state.occupied |= 1 << task.priority;
  }

  remove(task: Task): void {
    if (!task.queued) return;
    task.queued = false;
    const queue = this.state.queues[task.priority] as number[];
    removeOne(queue, task.id);
    if (queue.length === 0) this.state.occupied &= ~(1 << task.priority);
  }

  /** The most urgent priority with a runnable task, or PRIORITIES. */
  best(): number {
    const occupied = this.state.occupied;
    return occupied === 0 ? PRIORITIES : 31 - Math.clz32(occupied & -occupied);
  }

  /** How many tasks are queued: those that run or could. */
  size(): number {
    return this.state.queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Id at the head of the most urgent queue, or 0. It stays queued. */
  head(): number {
    return this.state.queues[this.best()]?.[0] ?? 0;
  }
}
