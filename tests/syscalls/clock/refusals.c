/* Clocks: a bad clock is told before a bad pointer; nobody sets the time; adjtimex reads; sleeping
 * on each clock.
 * qemu differs: it looks at pointers first, and knows no negative clocks */
#include "check.h"
#include <sys/timex.h>

static long clock_(int number, int clock, void *time) { return syscall(number, clock, time); }

static void reading(void) {
  struct timespec time;
  RESULT(clock_(SYS_clock_gettime, 99, bad_pointer()));
  RESULT(clock_(SYS_clock_gettime, -1, bad_pointer()));
  RESULT(clock_(SYS_clock_gettime, CLOCK_REALTIME, bad_pointer()));
  RESULT(clock_(SYS_clock_gettime, CLOCK_REALTIME, 0));
  RESULT(clock_(SYS_clock_getres, 99, bad_pointer()));
  RESULT(clock_(SYS_clock_getres, 99, 0));
  RESULT(clock_(SYS_clock_getres, CLOCK_REALTIME, bad_pointer()));
  RESULT(clock_(SYS_clock_getres, CLOCK_REALTIME, 0));
  for (int clock = 0; clock < 13; clock++) {
    if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) continue;
    say("clock %d: ", clock);
    RESULT(clock_(SYS_clock_gettime, clock, &time));
    IS(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
  }
  int own = ~getpid() << 3 | 2;
  RESULT(clock_(SYS_clock_gettime, own, &time));
  own = ~syscall(SYS_gettid) << 3 | 6;
  RESULT(clock_(SYS_clock_gettime, own, &time));
  RESULT(clock_(SYS_clock_gettime, ~30000 << 3 | 2, &time));
  struct itimerval timer;
  RESULT(syscall(SYS_getitimer, 9, bad_pointer()));
  RESULT(syscall(SYS_getitimer, 0, bad_pointer()));
  RESULT(syscall(SYS_setitimer, 0, bad_pointer(), 0));
  RESULT(syscall(SYS_getitimer, ITIMER_PROF, &timer));
}

static void setting(void) {
  struct timespec time, wrong = {0, 1000000000}, negative = {-1, 0};
  struct timeval old, odd = {0, 1000000};
  clock_gettime(CLOCK_REALTIME, &time);
  gettimeofday(&old, 0);
  RESULT(clock_(SYS_clock_settime, CLOCK_REALTIME, &time));
  RESULT(clock_(SYS_clock_settime, CLOCK_REALTIME, bad_pointer()));
  RESULT(clock_(SYS_clock_settime, CLOCK_REALTIME, &wrong));
  RESULT(clock_(SYS_clock_settime, CLOCK_REALTIME, &negative));
  RESULT(clock_(SYS_clock_settime, CLOCK_MONOTONIC, &time));
  RESULT(clock_(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, &time));
  RESULT(clock_(SYS_clock_settime, ~getpid() << 3 | 2, &time));
  RESULT(clock_(SYS_clock_settime, 99, bad_pointer()));
  RESULT(syscall(SYS_settimeofday, &old, 0));
  RESULT(syscall(SYS_settimeofday, 0, 0));
  RESULT(syscall(SYS_settimeofday, &odd, 0));
  RESULT(syscall(SYS_settimeofday, bad_pointer(), 0));
  RESULT(syscall(SYS_settimeofday, &old, bad_pointer()));
}

static void adjusting(void) {
  struct timex state;
  memset(&state, 0, sizeof state);
  IS(syscall(SYS_adjtimex, &state) >= 0);
  IS(state.tick == 10000 && state.time.tv_sec > 1500000000);
  memset(&state, 0, sizeof state);
  state.modes = ADJ_FREQUENCY;
  RESULT(syscall(SYS_adjtimex, &state));
  state.modes = ADJ_OFFSET_SINGLESHOT;
  RESULT(syscall(SYS_adjtimex, &state));
  state.modes = 0x8000;
  RESULT(syscall(SYS_adjtimex, &state));
  state.modes = ADJ_OFFSET_SS_READ;
  IS(syscall(SYS_adjtimex, &state) >= 0);
  RESULT(syscall(SYS_adjtimex, bad_pointer()));
  state.modes = 0;
  IS(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state) >= 0);
  RESULT(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &state));
  RESULT(syscall(SYS_clock_adjtime, 99, &state));
  RESULT(syscall(SYS_clock_adjtime, CLOCK_REALTIME, bad_pointer()));
}

static long doze(int clock, int flags, void *request, void *rest) {
  return syscall(SYS_clock_nanosleep, clock, flags, request, rest);
}

static void sleeping(void) {
  struct timespec little = {0, 1000000}, wrong = {0, -1}, time;
  static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 99};
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    if (clocks[i] == CLOCK_PROCESS_CPUTIME_ID) continue;
    say("clock %d: ", clocks[i]);
    RESULT(doze(clocks[i], 0, &little, 0));
    if (clocks[i] < 2 || clocks[i] == 7 || clocks[i] == 11) {
      clock_gettime(clocks[i], &time);
      time.tv_nsec += 1000000;
      if (time.tv_nsec >= 1000000000) time.tv_nsec -= 1000000000, time.tv_sec++;
      RESULT(doze(clocks[i], TIMER_ABSTIME, &time, 0));
    }
  }
  RESULT(doze(CLOCK_MONOTONIC, 0, &wrong, 0));
  RESULT(doze(CLOCK_MONOTONIC, 0, bad_pointer(), 0));
  RESULT(doze(99, 0, bad_pointer(), 0));
  RESULT(doze(CLOCK_MONOTONIC_RAW, 0, bad_pointer(), 0));
  RESULT(doze(CLOCK_MONOTONIC, TIMER_ABSTIME, &little, bad_pointer()));
  RESULT(syscall(SYS_nanosleep, bad_pointer(), 0));
  RESULT(syscall(SYS_nanosleep, &wrong, 0));
}

int main(void) {
  reading();
  setting();
  adjusting();
  sleeping();
  return 0;
}
