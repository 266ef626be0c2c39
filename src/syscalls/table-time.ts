/**
 * Rows of clocks, sleeping, timers and futexes. What is wrong with the other arguments is told
 * before a bad pointer, as Linux does.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { SIGEVENT_BYTES, TIMER_ABSTIME, TIMEX_BYTES } from "../abi/time.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { BLOCKED, type Result } from "../kernel/protocol.js";
import { INTERRUPT } from "../kernel/upcalls.js";
import { ITIMERSPEC_BYTES, ITIMERVAL_BYTES, TIMESPEC_BYTES } from "../services/time/protocol.js";
import {
  address,
  flags,
  int,
  long,
  optional,
  structIn,
  structInOut,
  structOut,
  unsigned,
} from "./arguments.js";
import { barrier } from "./barrier-calls.js";
import { futex, futexWaitVector } from "./futex-calls.js";
import { blocks, row } from "./make-row.js";
import { onOptionalRange, onRange } from "./ranges.js";
import type { Operate, Row, Services } from "./row.js";

/** CLOCK_MONOTONIC and CLOCK_REALTIME, of nanosleep and adjtimex. */
const MONOTONIC = 1;
const REALTIME = 0;

/**
 * A sleep. A bad address for the rest is refused at once: Linux finds it when a signal comes.
 */
function sleep(
  s: Services,
  t: number,
  clock: number,
  how: number,
  request: number,
  rest: number,
): Result {
  const left = (how & TIMER_ABSTIME) !== 0 ? 0 : rest;
  if (left !== 0) {
    const ready = s.prepare(t, left, TIMESPEC_BYTES, ACCESS_WRITE);
    if (ready === BLOCKED) return BLOCKED;
    if (ready < TIMESPEC_BYTES) return -EFAULT;
  }
  return onRange(s, t, request, TIMESPEC_BYTES, ACCESS_READ, (at) =>
    s.time.sleep(t, clock, how, at, left),
  );
}

const setTimer: Operate = (s, t, id, how, value, old) => {
  if (value === 0) return -EINVAL;
  return onRange(s, t, value, ITIMERSPEC_BYTES, ACCESS_READ, (from) =>
    onOptionalRange(s, t, old, ITIMERSPEC_BYTES, ACCESS_WRITE, (to) =>
      s.time.setTimer(t, id, how, from, to),
    ),
  );
};

const createTimer: Operate = (s, t, clock, event, id) =>
  onOptionalRange(s, t, event, SIGEVENT_BYTES, ACCESS_READ, (from) =>
    onRange(s, t, id, 4, ACCESS_WRITE, (to) => s.time.createTimer(t, clock, from, to)),
  );

const CLOCK_ROWS: readonly Row[] = [
  row(112, "clock_settime", [int, address], (s, t, clock, at) =>
    onRange(s, t, at, TIMESPEC_BYTES, ACCESS_READ, (from) => s.time.set(t, clock, from)),
  ),
  row(113, "clock_gettime", [int, address], (s, t, clock, at) =>
    onRange(s, t, at, TIMESPEC_BYTES, ACCESS_WRITE, (to) => s.time.read(t, clock, to)),
  ),
  row(114, "clock_getres", [int, address], (s, t, clock, at) =>
    onOptionalRange(s, t, at, TIMESPEC_BYTES, ACCESS_WRITE, (to) =>
      s.time.resolution(t, clock, to),
    ),
  ),
  row(
    169,
    "gettimeofday",
    [optional(structOut("timeval", 16)), optional(structOut("timezone", 8))],
    (s, t, at, zone) => s.time.timeOfDay(t, at, zone),
  ),
  row(
    170,
    "settimeofday",
    [optional(structIn("timeval", 16)), optional(structIn("timezone", 8))],
    (s, t, at, zone) => s.time.setTimeOfDay(t, at, zone),
    "refused",
  ),
  row(
    171,
    "adjtimex",
    [structInOut("timex", TIMEX_BYTES)],
    (s, t, at) => s.time.adjust(t, REALTIME, at),
    "reads; changes are refused with EPERM",
  ),
  row(
    266,
    "clock_adjtime",
    [int, address],
    (s, t, clock, at) =>
      onRange(s, t, at, TIMEX_BYTES, ACCESS_READ, (from) =>
        onRange(s, t, from, TIMEX_BYTES, ACCESS_WRITE, (to) => s.time.adjust(t, clock, to)),
      ),
    "reads; changes are refused with EPERM",
  ),
];

const TIMER_ROWS: readonly Row[] = [
  row(102, "getitimer", [int, address], (s, t, which, at) =>
    onRange(s, t, at, ITIMERVAL_BYTES, ACCESS_WRITE, (to) => s.time.getInterval(t, which, to)),
  ),
  row(
    103,
    "setitimer",
    [
      int,
      optional(structIn("itimerval", ITIMERVAL_BYTES)),
      optional(structOut("itimerval", ITIMERVAL_BYTES)),
    ],
    (s, t, which, value, old) => s.time.setInterval(t, which, value, old),
  ),
  row(107, "timer_create", [int, address, address], createTimer),
  row(108, "timer_gettime", [int, address], (s, t, id, at) =>
    onRange(s, t, at, ITIMERSPEC_BYTES, ACCESS_WRITE, (to) => s.time.getTimer(t, id, to)),
  ),
  row(109, "timer_getoverrun", [int], (s, t, id) => s.time.timerOverrun(t, id)),
  row(110, "timer_settime", [int, flags, address, address], setTimer),
  row(111, "timer_delete", [int], (s, t, id) => s.time.deleteTimer(t, id)),
];

const robustList: Operate = (s, t, task, head, length) =>
  onRange(s, t, head, 8, ACCESS_WRITE, (first) =>
    onRange(s, t, length, 8, ACCESS_WRITE, (second) =>
      s.process.getRobustList(t, task, first, second),
    ),
  );

const WAITING_ROWS: readonly Row[] = [
  row(100, "get_robust_list", [int, address, address], robustList),
  row(283, "membarrier", [int, unsigned, int], barrier, "but for rseq(2)"),
  blocks(row(98, "futex", [address, int, unsigned, long, address, unsigned], futex)),
  blocks(
    row(101, "nanosleep", [address, address], (s, t, request, rest) =>
      sleep(s, t, MONOTONIC, 0, request, rest),
    ),
    INTERRUPT,
  ),
  blocks(
    row(115, "clock_nanosleep", [int, int, address, address], (s, t, clock, how, request, rest) =>
      sleep(s, t, clock, how, request, rest),
    ),
    INTERRUPT,
  ),
  blocks(
    row(449, "futex_waitv", [address, unsigned, flags, address, int], futexWaitVector),
    INTERRUPT,
  ),
];

export const TIME_TABLE: readonly Row[] = Object.freeze([
  ...CLOCK_ROWS,
  ...TIMER_ROWS,
  ...WAITING_ROWS,
]);
