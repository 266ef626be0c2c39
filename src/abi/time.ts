/**
 * Clocks and timers of Linux (include/uapi/linux/time.h). Numbers only.
 */
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_TAI = 11;

export const TIMER_ABSTIME = 1;

/** struct sigevent: how a timer tells (include/uapi/asm-generic/siginfo.h). */
export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;
export const SIGEVENT_BYTES = 64;

/** struct timex (include/uapi/linux/timex.h). */
export const TIMEX_BYTES = 208;
export const ADJ_OFFSET_SINGLESHOT = 0x0001;
export const ADJ_OFFSET_READONLY = 0x2000;
export const ADJ_ADJTIME = 0x8000;
export const STA_UNSYNC = 0x0040;
/** The clock is not synchronized. */
export const TIME_ERROR = 5;

/** The end of time: what Linux cuts a time in nanoseconds to (KTIME_MAX), about 292 years. */
export const KTIME_MAX_NANOSECONDS: number = 2 ** 63;

export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;
