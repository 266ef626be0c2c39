/**
 * Protocol of the scheduler service: the policy over the kernel's scheduling mechanism (priority
 * queues with a quantum).
 */

import type { TaskId } from "../../kernel/calls.js";
import { handle, operation, protocol, type Result, word } from "../../kernel/protocol.js";

export interface SchedulerService {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** A new task: sets its priority and quantum. */
  admit(caller: TaskId, task: TaskId): Result;
  /** The task used its quantum up. */
  quantumExpired(caller: TaskId, task: TaskId): Result;
  /** The task's nice value or scheduling class has changed. */
  niceChanged(caller: TaskId, task: TaskId): Result;
}

export const schedulerProtocol = protocol<SchedulerService>("scheduler", {
  event: operation(1, "mutation", word, word, word, word),
  admit: operation(2, "mutation", handle),
  quantumExpired: operation(3, "mutation", handle),
  niceChanged: operation(4, "mutation", handle),
});
