/**
 * What /proc/PID/fdinfo says of files of events, beside what it says of all (proc_pid_fdinfo(5)).
 */

import { isThere } from "./processes.js";
import { EVENT_KIND, eventKind } from "./protocol.js";
import { type Core, objectOf } from "./state.js";
import { remaining } from "./timers.js";

const SECOND_NANOSECONDS = 1e9;

const hexadecimal = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

function pair(nanoseconds: number): string {
  const seconds = Math.floor(nanoseconds / SECOND_NANOSECONDS);
  return `(${seconds}, ${Math.floor(nanoseconds - seconds * SECOND_NANOSECONDS)})`;
}

/** @returns lines, each with its newline */
export function describe(core: Core, handle: number): string {
  const { state } = core;
  switch (eventKind(handle)) {
    case EVENT_KIND.counter: {
      const { low, high, isSemaphore } = objectOf(state.counters, handle);
      const count = `${hexadecimal(high)}${hexadecimal(low)}`.replace(/^0+(?=.)/, "");
      const id = Math.floor(handle / 8);
      const semaphore = isSemaphore ? 1 : 0;
      return (
        `eventfd-count: ${count.padStart(16)}\neventfd-id: ${id}\n` +
        `eventfd-semaphore: ${semaphore}\n`
      );
    }
    case EVENT_KIND.timer: {
      const timer = objectOf(state.timers, handle);
      const left = pair(remaining(core, timer));
      return (
        `clockid: ${timer.clock}\nticks: ${timer.ticks}\n` +
        `settime flags: 0${timer.flags.toString(8)}\n` +
        `it_value: ${left}\nit_interval: ${pair(timer.intervalNanoseconds)}\n`
      );
    }
    case EVENT_KIND.signals: {
      const { low, high } = objectOf(state.signals, handle);
      return `sigmask:\t${hexadecimal(high)}${hexadecimal(low)}\n`;
    }
    case EVENT_KIND.process: {
      const reference = objectOf(state.processes, handle);
      const process = isThere(core, reference) ? reference.process : -1;
      return `Pid:\t${process}\nNSpid:\t${process}\n`;
    }
    default:
      return "";
  }
}
