/* ioprio_set, ioprio_get: classes and levels, whose, who may. */
#include "check.h"

#define PRIORITY(class, level) ((class) << 13 | (level))
enum { PROCESS = 1, GROUP = 2, USER = 3, REALTIME = 1, BEST_EFFORT = 2, IDLE = 3 };

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(REALTIME, 4)));
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(IDLE, 0)));
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(BEST_EFFORT, 0)));
  RESULT(syscall(SYS_ioprio_set, PROCESS, getppid(), PRIORITY(BEST_EFFORT, 0)));
  return 0;
}

int main(void) {
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(BEST_EFFORT, 6)));
  RESULT(syscall(SYS_ioprio_get, PROCESS, 0) == PRIORITY(BEST_EFFORT, 6));
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(0, 1)));
  RESULT(syscall(SYS_ioprio_set, PROCESS, 0, PRIORITY(5, 0)));
  RESULT(syscall(SYS_ioprio_set, 9, 0, PRIORITY(BEST_EFFORT, 0)));
  RESULT(syscall(SYS_ioprio_get, 9, 0));
  RESULT(syscall(SYS_ioprio_set, PROCESS, 1 << 29, PRIORITY(BEST_EFFORT, 0)));
  RESULT(syscall(SYS_ioprio_get, PROCESS, 1 << 29));
  RESULT(syscall(SYS_ioprio_get, GROUP, 1 << 29));
  RESULT(syscall(SYS_ioprio_set, GROUP, 0, PRIORITY(IDLE, 0)));
  RESULT(syscall(SYS_ioprio_get, PROCESS, 0) == PRIORITY(IDLE, 0));
  reap("user", spawn(user));
  return 0;
}
