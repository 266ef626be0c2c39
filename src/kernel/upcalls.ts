/**
 * Upcalls: what the kernel's mechanisms ask of the layers above, given at construction by the
 * structure. The shapes only; the protocols are the services' own.
 */
import type { Result } from "./protocol.js";
import type { Task } from "./tasks.js";

/** What a signal does to a blocked call (the table's restart class). */
export const RESTART = 0;
/** EINTR if a handler ran, else the call goes on (poll, nanosleep: it keeps its deadline). */
export const INTERRUPT = 1;
/** EINTR whatever the signal did. */
export const NEVER = 2;

export interface SystemCallLayer {
  /** Runs, or runs again, the call in `task.call`. */
  run(task: Task): Result;
  /** The call ended with this result (tracing). */
  finished(task: Task, result: Result): void;
  /** RESTART, INTERRUPT or NEVER. */
  restartClass(callNumber: number): number;
  /** The process service is lost: ends the task's process without it. @param status as wait(2) */
  abandon(task: Task, status: number): void;
}

export interface MemoryUpcalls {
  fault(caller: number, page: number, access: number): Result;
  prepare(caller: number, address: number, lengthBytes: number, access: number): Result;
}

export interface ProcessUpcalls {
  deliver(caller: number): Result;
  fault(caller: number, signal: number, code: number, address: number): Result;
}

export interface SchedulerUpcalls {
  admit(caller: number, task: number): Result;
  quantumExpired(caller: number, task: number): Result;
}

export interface Upcalls {
  readonly calls: SystemCallLayer;
  readonly memory: MemoryUpcalls;
  readonly process: ProcessUpcalls;
  readonly scheduler: SchedulerUpcalls;
  /** Number of the service that EVENT_PROCESS goes to. */
  readonly processService: number;
}

/** A service as the kernel knows it: where its events and the ends of calls go. */
export interface ServiceEntry {
  readonly name: string;
  readonly service: {
    event(caller: number, kind: number, word0: number, word1: number, word2: number): Result;
    commit?(caller: number, callId: number): Result;
    abort?(caller: number, callId: number): Result;
  };
}
