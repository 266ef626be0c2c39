/**
 * What the kernel tells of what it does, for a profile: when a task is in user mode, and what is
 * done for it. Absent, nothing is measured. What is told changes nothing: a run is the same with it
 * and without, but for the host's time.
 */
import type { Task } from "./tasks.js";

/** Where time is put while something goes on. */
export interface Meter {
  milliseconds: number;
}

export interface KernelProfile {
  /** The task goes on in user mode. */
  enterUser(task: Task): void;
  /** @param executedInstructions of the task, since enterUser */
  leaveUser(executedInstructions: number): void;
  /**
   * Something is done for a task.
   * @param kind CALL_SYSTEM, CALL_FAULT, CALL_SIGNAL or CALL_START
   * @param number of the system call
   * @returns what is to be gone on with, for `leave`
   */
  enter(task: Task, kind: number, number: number): Meter;
  leave(before: Meter): void;
}
