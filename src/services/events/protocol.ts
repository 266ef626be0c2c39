/**
 * Protocol of the events service: open files that are events and nothing else (eventfd, timerfd,
 * signalfd, pidfd). It is a file system to the file service, for read, write, poll and close of
 * what it opened; there are no names, and opening is by the operations of its own.
 */
import type { TaskId } from "../../kernel/calls.js";
import {
  handle,
  inputOf,
  operation,
  output,
  outputOf,
  type Protocol,
  type Result,
  word,
} from "../../kernel/protocol.js";
import { type FileSystemService, fileSystemProtocol } from "../file/protocol.js";

export const ITIMERSPEC_BYTES = 32;

/** What an open file of this service is: handles are 8 × a number + this. */
export const EVENT_KIND = Object.freeze({
  counter: 0,
  timer: 1,
  signals: 2,
  process: 3,
  /** epoll(7): the file service's own; here it has its node only. */
  epoll: 4,
  /** inotify(7): as epoll. */
  inotify: 5,
} as const);

/** The node and handle of every epoll file. */
export const EPOLL_NODE: number = EVENT_KIND.epoll;

/** The node and handle of every inotify file. */
export const INOTIFY_NODE: number = EVENT_KIND.inotify;

/** @returns the EVENT_KIND of a node or handle of this service */
export const eventKind = (node: number): number => node % 8;

/** What the links of /proc/PID/fd say, by EVENT_KIND. */
export const EVENT_NAMES: readonly string[] = Object.freeze([
  "anon_inode:[eventfd]",
  "anon_inode:[timerfd]",
  "anon_inode:[signalfd]",
  "anon_inode:[pidfd]",
  "anon_inode:[eventpoll]",
  "anon_inode:inotify",
]);

export interface EventsService extends FileSystemService {
  /** eventfd(2): a counter. @param initial 0 to 2^32 - 1 @returns its handle */
  createCounter(caller: TaskId, initial: number, isSemaphore: number): Result;
  /** timerfd_create(2): an unarmed timer on CLOCK_x. @returns its handle, -EINVAL, -EPERM */
  createTimer(caller: TaskId, clock: number): Result;
  /** timerfd_settime(2): structs itimerspec; the old one may be absent. */
  setTimer(caller: TaskId, timer: number, flags: number, value: number, old: number): Result;
  /** timerfd_gettime(2). */
  getTimer(caller: TaskId, timer: number, value: number): Result;
  /** signalfd(2): the caller's pending signals of this set. @returns its handle */
  createSignals(caller: TaskId, maskLow: number, maskHigh: number): Result;
  /** signalfd(2) of one that is there: another set. */
  setSignals(caller: TaskId, signals: number, maskLow: number, maskHigh: number): Result;
  /** pidfd_open(2). @returns the handle, -ESRCH, -EINVAL: a thread that does not lead */
  createProcess(caller: TaskId, process: number): Result;
  /** What /proc/PID/fdinfo says of the file, beside what it says of all. @returns bytes */
  describe(caller: TaskId, opened: number, buffer: number, lengthBytes: number): Result;
  /** The process that a pidfd refers to. @returns its id, or -ESRCH: it has been waited for */
  processOf(caller: TaskId, opened: number): Result;
}

/** The table of EventsService. */
export const eventsProtocol: Protocol<EventsService> = Object.freeze({
  name: "events",
  operations: Object.freeze({
    ...fileSystemProtocol("events").operations,
    createCounter: operation(80, "mutation", word, word),
    createTimer: operation(81, "mutation", word),
    setTimer: operation(
      82,
      "mutation",
      handle,
      word,
      inputOf(ITIMERSPEC_BYTES),
      outputOf(ITIMERSPEC_BYTES),
    ),
    getTimer: operation(83, "query", handle, outputOf(ITIMERSPEC_BYTES)),
    createSignals: operation(84, "mutation", word, word),
    setSignals: operation(85, "mutation", handle, word, word),
    createProcess: operation(86, "mutation", word),
    processOf: operation(87, "query", handle),
    describe: operation(88, "query", handle, output(2), word),
  }),
});
