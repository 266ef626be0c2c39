/**
 * Operations of the file service on files of events (eventfd, timerfd, signalfd, pidfd) and on
 * epoll: part of protocol.ts; numbers 160 to 179.
 */
import type { TaskId } from "../../kernel/calls.js";
import {
  bits64,
  handle,
  inputOf,
  operation,
  output,
  outputOf,
  type Result,
  word,
} from "../../kernel/protocol.js";

export interface EventOperations {
  /** eventfd2(2): flags EFD_*. @returns the descriptor, as the next four do */
  openCounter(caller: TaskId, initial: number, flags: number): Result;
  /** timerfd_create(2). */
  openTimer(caller: TaskId, clock: number, flags: number): Result;
  /** signalfd4(2): a new file (descriptor -1), or another set for one that is there. */
  openSignals(
    caller: TaskId,
    descriptor: number,
    maskLow: number,
    maskHigh: number,
    flags: number,
  ): Result;
  /** pidfd_open(2). */
  openProcess(caller: TaskId, process: number, flags: number): Result;
  /** epoll_create1(2). */
  openEpoll(caller: TaskId, flags: number): Result;
  /** timerfd_settime(2): structs itimerspec; the old one may be absent. */
  setTimer(caller: TaskId, descriptor: number, flags: number, value: number, old: number): Result;
  /** timerfd_gettime(2). */
  getTimer(caller: TaskId, descriptor: number, value: number): Result;
  /**
   * The process of a pidfd, or with orDirectory 1 that of an open /proc/PID.
   * @returns its id, -EBADF: neither, -ESRCH: waited for
   */
  processOf(caller: TaskId, descriptor: number, orDirectory: number): Result;
  /** pidfd_getfd(2): a duplicate of another process's descriptor. */
  takeDescriptor(caller: TaskId, pidfd: number, descriptor: number, flags: number): Result;
  /** epoll_ctl(2): one struct epoll_event, which EPOLL_CTL_DEL does not need. */
  controlEpoll(
    caller: TaskId,
    epoll: number,
    operation: number,
    descriptor: number,
    event: number,
  ): Result;
  /**
   * epoll_wait(2) into an array of struct epoll_event; timeoutNanoseconds < 0: none.
   * @param lengthBytes 0: the array cannot be written
   * @returns how many events, or -EFAULT: there are some, and no room
   */
  waitEpoll(
    caller: TaskId,
    epoll: number,
    events: number,
    lengthBytes: number,
    timeoutNanoseconds: number,
  ): Result;
}

/** The table of EventOperations. */
export const EVENT_OPERATIONS = Object.freeze({
  openCounter: operation(160, "mutation", word, word),
  openTimer: operation(161, "mutation", word, word),
  openSignals: operation(162, "mutation", handle, bits64, word),
  openProcess: operation(163, "mutation", handle, word),
  openEpoll: operation(164, "mutation", word),
  setTimer: operation(165, "mutation", handle, word, inputOf(32), outputOf(32)),
  getTimer: operation(166, "query", handle, outputOf(32)),
  processOf: operation(167, "query", handle, word),
  takeDescriptor: operation(168, "mutation", handle, handle, word),
  controlEpoll: operation(169, "mutation", handle, word, handle, inputOf(16)),
  waitEpoll: operation(170, "mutation", handle, output(2), word, word),
});
