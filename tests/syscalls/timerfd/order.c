/* What timerfd_settime and timerfd_gettime look at first: the new value, the descriptor, the old
 * value. A timer is set also if its old value has nowhere to go.
 * qemu differs: it looks at pointers first. */
#include "check.h"
#include <sys/timerfd.h>

int main(void) {
  struct itimerspec value = {{0, 0}, {1000, 0}}, wrong = {{0, 0}, {0, 1000000000}}, now;
  int timer = timerfd_create(CLOCK_MONOTONIC, 0), file = open("/dev/null", O_RDONLY);
  NEED(timer >= 0 && file >= 0);
  RESULT(timerfd_gettime(-1, 0));
  RESULT(timerfd_gettime(-1, bad_pointer()));
  RESULT(timerfd_gettime(file, bad_pointer()));
  RESULT(timerfd_gettime(timer, 0));
  RESULT(timerfd_settime(-1, 0, bad_pointer(), 0));
  RESULT(timerfd_settime(-1, 0, 0, 0));
  RESULT(timerfd_settime(-1, 8, &value, 0));
  RESULT(timerfd_settime(-1, 8, bad_pointer(), 0));
  RESULT(timerfd_settime(-1, 0, &wrong, 0));
  RESULT(timerfd_settime(file, 0, &wrong, 0));
  RESULT(timerfd_settime(-1, 0, &value, bad_pointer()));
  RESULT(timerfd_settime(file, 0, &value, bad_pointer()));
  RESULT(timerfd_settime(timer, 8, &value, bad_pointer()));
  RESULT(timerfd_gettime(timer, &now));
  IS(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
  RESULT(timerfd_settime(timer, 0, &value, bad_pointer()));
  RESULT(timerfd_gettime(timer, &now));
  IS(now.it_value.tv_sec >= 900);
  RESULT(timerfd_settime(timer, 0, &value, &value));
  IS(value.it_value.tv_sec >= 900);
  return 0;
}
