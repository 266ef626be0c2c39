/**
 * Rows of waiting for files: poll, select, epoll, and files that are events (eventfd, timerfd,
 * signalfd, pidfd).
 */
import { EINVAL } from "../abi/errno.js";
import {
  EPOLL_CTL_DEL,
  EPOLL_EVENT_BYTES,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from "../abi/events.js";
import { ACCESS_READ, ACCESS_WRITE } from "../kernel/platform.js";
import { INTERRUPT, NEVER } from "../kernel/upcalls.js";
import { ITIMERSPEC_BYTES } from "../services/events/protocol.js";
import { address, descriptor, flags, int, size, unsigned } from "./arguments.js";
import { blocks, finishes, row } from "./make-row.js";
import { signalProcess } from "./pidfd-calls.js";
import { onOptionalRange, onRange, readBytes, readMoment } from "./ranges.js";
import type { Operate, Row } from "./row.js";
import {
  epollWaitMilliseconds,
  epollWaitTimespec,
  poll,
  pollFinish,
  select,
  selectFinish,
} from "./waiting.js";

const SET_BYTES = 8;
const TIMESPEC_BYTES = 16;

const signalDescriptor: Operate = (s, t, file, set, setBytes, how) => {
  if (setBytes !== SET_BYTES) return -EINVAL;
  const bytes = readBytes(s, t, set, SET_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  return s.file.openSignals(t, file, view.getInt32(0, true), view.getInt32(4, true), how);
};

/**
 * timerfd_settime(2): the new value is looked at before the descriptor, and the timer is set also
 * if the old value has nowhere to go.
 */
const setTimer: Operate = (s, t, file, how, value, old) => {
  for (const at of [value, value + TIMESPEC_BYTES]) {
    const moment = readMoment(s, t, at);
    if (typeof moment === "number") return moment;
  }
  if ((how & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) return -EINVAL;
  return onOptionalRange(s, t, old, ITIMERSPEC_BYTES, ACCESS_WRITE, (to) =>
    s.file.setTimer(t, file, how, value, to),
  );
};

export const EVENT_TABLE: readonly Row[] = Object.freeze([
  row(19, "eventfd2", [unsigned, flags], (s, t, initial, how) =>
    s.file.openCounter(t, initial, how),
  ),
  row(20, "epoll_create1", [flags], (s, t, how) => s.file.openEpoll(t, how)),
  row(21, "epoll_ctl", [descriptor, int, descriptor, address], (s, t, epoll, what, file, event) =>
    what === EPOLL_CTL_DEL
      ? s.file.controlEpoll(t, epoll, what, file, 0)
      : onRange(s, t, event, EPOLL_EVENT_BYTES, ACCESS_READ, (at) =>
          s.file.controlEpoll(t, epoll, what, file, at),
        ),
  ),
  blocks(
    row(22, "epoll_pwait", [descriptor, address, int, int, address, size], epollWaitMilliseconds),
    NEVER,
  ),
  finishes(
    blocks(
      row(72, "pselect6", [int, address, address, address, address, address], select),
      INTERRUPT,
    ),
    selectFinish,
  ),
  finishes(
    blocks(
      row(
        73,
        "ppoll",
        [address, unsigned, address, address, size],
        poll,
        "at most 8192 descriptors",
      ),
      INTERRUPT,
    ),
    pollFinish,
  ),
  row(74, "signalfd4", [descriptor, address, size, flags], signalDescriptor),
  row(85, "timerfd_create", [int, flags], (s, t, clock, how) => s.file.openTimer(t, clock, how)),
  row(
    86,
    "timerfd_settime",
    [descriptor, flags, address, address],
    setTimer,
    "TFD_TIMER_CANCEL_ON_SET is accepted; the clock is never set",
  ),
  row(87, "timerfd_gettime", [descriptor, address], (s, t, file, value) =>
    onRange(s, t, value, ITIMERSPEC_BYTES, ACCESS_WRITE, (to) => s.file.getTimer(t, file, to)),
  ),
  row(
    424,
    "pidfd_send_signal",
    [descriptor, int, address, flags],
    signalProcess,
    "flags: none; else EINVAL",
  ),
  row(434, "pidfd_open", [int, flags], (s, t, process, how) => s.file.openProcess(t, process, how)),
  row(438, "pidfd_getfd", [descriptor, descriptor, flags], (s, t, file, wanted, how) =>
    s.file.takeDescriptor(t, file, wanted, how),
  ),
  blocks(
    row(441, "epoll_pwait2", [descriptor, address, int, address, address, size], epollWaitTimespec),
    NEVER,
  ),
]);
