/* nanosleep and clock_nanosleep with bad memory: before the sleep, and where the rest should go.
 * qemu differs: it says EINVAL for the one and does not notice the other. */
#include "check.h"

static volatile int alarms;
static void on_alarm(int number) { alarms += number == SIGALRM; }

int main(void) {
  struct timespec time = {50, 0};
  RESULT(syscall(SYS_nanosleep, bad_pointer(), 0));
  RESULT(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, bad_pointer(), 0));
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(syscall(SYS_nanosleep, &time, bad_pointer()));
  RESULT(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, bad_pointer()));
  RESULT(syscall(SYS_nanosleep, &time, 0));
  return 0;
}
