/**
 * Protocol of the time service: clocks, sleeping, interval timers.
 */

import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  inputOf,
  operation,
  outputOf,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

export const TIMESPEC_BYTES = 16;
export const ITIMERVAL_BYTES = 32;

export interface TimeService {
  event(caller: TaskId, kind: number, word0: number, word1: number, word2: number): Result;
  /** clock_gettime into a timespec. */
  read(caller: TaskId, clock: number, timespec: number): Result;
  set(caller: TaskId, clock: number, timespec: number): Result;
  resolution(caller: TaskId, clock: number, timespec: number): Result;
  /** gettimeofday: timeval of 16 bytes, time zone of 8 bytes. */
  timeOfDay(caller: TaskId, timeval: number, zone: number): Result;
  /** clock_nanosleep (flags TIMER_ABSTIME); the rest is stored when a signal ends it. */
  sleep(caller: TaskId, clock: number, flags: number, request: number, rest: number): Result;
  /** which: ITIMER_*; struct itimerval, old may be absent. */
  setInterval(caller: TaskId, which: number, value: number, old: number): Result;
  getInterval(caller: TaskId, which: number, value: number): Result;
  /** execve keeps, exit drops a process's timers. */
  leave(caller: TaskId): Result;
  /** A sleep has ended: on abort (a signal) the rest is stored. */
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
}

export const timeProtocol = protocol<TimeService>("time", {
  event: operation(1, "mutation", word, word, word, word),
  read: operation(2, "query", word, outputOf(TIMESPEC_BYTES)),
  set: operation(3, "mutation", word, inputOf(TIMESPEC_BYTES)),
  resolution: operation(4, "query", word, outputOf(TIMESPEC_BYTES)),
  timeOfDay: operation(5, "query", outputOf(16), outputOf(8)),
  sleep: operation(6, "query", word, word, inputOf(TIMESPEC_BYTES), outputOf(TIMESPEC_BYTES)),
  setInterval: operation(7, "mutation", word, inputOf(ITIMERVAL_BYTES), outputOf(ITIMERVAL_BYTES)),
  getInterval: operation(8, "query", word, outputOf(ITIMERVAL_BYTES)),
  leave: operation(9, "mutation"),
  commit: operation(10, "mutation", handle),
  abort: operation(11, "mutation", handle),
});
