/* setpriority as root, and a user within RLIMIT_NICE.
 * no oracle: root of a user namespace may not be more urgent on the host. */
#include "check.h"

static int limited(void) {
  struct rlimit limit = {25, 25};
  NEED(setrlimit(RLIMIT_NICE, &limit) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(setpriority(PRIO_PROCESS, 0, -5));
  RESULT(setpriority(PRIO_PROCESS, 0, -6));
  RESULT(getpriority(PRIO_PROCESS, 0));
  return 0;
}

int main(void) {
  RESULT(setpriority(PRIO_PROCESS, 0, -100));
  RESULT(getpriority(PRIO_PROCESS, 0));
  RESULT(setpriority(PRIO_PROCESS, 0, 100));
  RESULT(getpriority(PRIO_PROCESS, 0));
  RESULT(setpriority(PRIO_PROCESS, 0, 3));
  RESULT(nice(-5));
  RESULT(syscall(SYS_ioprio_set, 1, getpid(), 1 << 13 | 2));
  RESULT(syscall(SYS_ioprio_get, 1, 0) == (1 << 13 | 2));
  RESULT(setpriority(PRIO_PROCESS, 0, 0));
  reap("limited", spawn(limited));
  return 0;
}
