/**
 * Protocol of the time service: clocks, sleeping, interval timers.
 */

import { SIGEVENT_BYTES, TIMEX_BYTES } from "../../abi/time.js";
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  inputOf,
  inputOutputOf,
  operation,
  outputOf,
  protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";

export const TIMESPEC_BYTES = 16;
export const ITIMERVAL_BYTES = 32;
export const ITIMERSPEC_BYTES = 32;

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
  /** settimeofday(2): refused, but for what is wrong with the arguments. */
  setTimeOfDay(caller: TaskId, timeval: number, zone: number): Result;
  /** clock_adjtime(2): reading struct timex; every change is refused. @returns TIME_ERROR */
  adjust(caller: TaskId, clock: number, timex: number): Result;
  /** timer_create(2): no sigevent (0): SIGALRM. Stores the id. */
  createTimer(caller: TaskId, clock: number, sigevent: number, id: number): Result;
  /** timer_settime(2): structs itimerspec, old may be absent. */
  setTimer(caller: TaskId, id: number, flags: number, value: number, old: number): Result;
  getTimer(caller: TaskId, id: number, value: number): Result;
  /** timer_getoverrun(2): of the signal that was delivered last. */
  timerOverrun(caller: TaskId, id: number): Result;
  deleteTimer(caller: TaskId, id: number): Result;
  /** exit drops a process's timers. */
  leave(caller: TaskId): Result;
  /** execve drops those of timer_create, and keeps those of setitimer. */
  executed(caller: TaskId): Result;
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
  setTimeOfDay: operation(12, "query", inputOf(16), inputOf(8)),
  adjust: operation(13, "query", word, inputOutputOf(TIMEX_BYTES)),
  createTimer: operation(14, "mutation", word, inputOf(SIGEVENT_BYTES), outputOf(4)),
  setTimer: operation(
    15,
    "mutation",
    word,
    word,
    inputOf(ITIMERSPEC_BYTES),
    outputOf(ITIMERSPEC_BYTES),
  ),
  getTimer: operation(16, "query", word, outputOf(ITIMERSPEC_BYTES)),
  timerOverrun: operation(17, "query", word),
  deleteTimer: operation(18, "mutation", word),
  executed: operation(19, "mutation"),
});
