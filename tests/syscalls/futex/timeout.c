/* futex WAIT with a time limit: relative and absolute, ETIMEDOUT, EINTR, bad times. */
#include "check.h"
#include <linux/futex.h>

static int word;
static volatile int alarms;
static void on_alarm(int number) { alarms += number == SIGALRM; }

static long wait_on(int operation, int value, const struct timespec *timeout, int bits) {
  return syscall(SYS_futex, &word, operation, value, timeout, 0, bits);
}

int main(void) {
  struct timespec short_time = {0, 30000000}, zero = {0, 0}, until, past;
  long start = now_ms();
  RESULT(wait_on(FUTEX_WAIT, 0, &short_time, 0));
  IS(now_ms() - start >= 30);
  RESULT(wait_on(FUTEX_WAIT, 1, &short_time, 0));
  RESULT(wait_on(FUTEX_WAIT, 0, &zero, 0));
  clock_gettime(CLOCK_MONOTONIC, &until);
  past = until;
  until.tv_nsec += 30000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  start = now_ms();
  RESULT(wait_on(FUTEX_WAIT_BITSET, 0, &until, -1));
  IS(now_ms() - start >= 28);
  RESULT(wait_on(FUTEX_WAIT_BITSET, 0, &past, -1));
  clock_gettime(CLOCK_REALTIME, &past);
  RESULT(wait_on(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, -1));
  struct timespec bad = {0, 1000000000}, negative = {-1, 0};
  RESULT(wait_on(FUTEX_WAIT, 0, &bad, 0));
  RESULT(wait_on(FUTEX_WAIT, 0, &negative, 0));
  RESULT(wait_on(FUTEX_WAIT, 0, bad_pointer(), 0));

  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(wait_on(FUTEX_WAIT, 0, 0, 0));
  struct timespec long_time = {100, 0};
  RESULT(wait_on(FUTEX_WAIT, 0, &long_time, 0));
  handle(SIGALRM, on_alarm, SA_RESTART);
  alarms = 0;
  struct timespec limit = {0, 120000000};
  RESULT(wait_on(FUTEX_WAIT, 0, &limit, 0));
  alarm_every_ms(0);
  IS(alarms >= 1);
  return 0;
}
