/* setpriority, getpriority, nice: processes, groups, users; EACCES, EPERM, ESRCH; inheritance. */
#include "check.h"

static int waits(void) {
  for (;;) pause();
}
static pid_t roots;

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  pid_t own = spawn(waits);
  RESULT(setpriority(PRIO_PROCESS, own, 8));
  RESULT(getpriority(PRIO_PROCESS, own));
  RESULT(setpriority(PRIO_PROCESS, own, 7));
  RESULT(setpriority(PRIO_PROCESS, own, 8));
  RESULT(setpriority(PRIO_PROCESS, roots, 15));
  RESULT(setpriority(PRIO_PROCESS, roots, -10));
  RESULT(getpriority(PRIO_PROCESS, roots));
  RESULT(setpriority(PRIO_USER, 1000, 9));
  RESULT(getpriority(PRIO_PROCESS, own));
  RESULT(getpriority(PRIO_USER, 1000));
  RESULT(setpriority(PRIO_USER, 0, 10));
  RESULT(getpriority(PRIO_PROCESS, 0));
  RESULT(nice(-1));
  RESULT(nice(3));
  kill(own, SIGKILL);
  reap("own", own);
  return 0;
}

int main(void) {
  RESULT(getpriority(PRIO_PROCESS, 0));
  RESULT(setpriority(PRIO_PROCESS, getpid(), 2));
  RESULT(getpriority(PRIO_PROCESS, getpid()));
  RESULT(nice(2));
  pid_t child = fork();
  if (child == 0) {
    RESULT(getpriority(PRIO_PROCESS, 0));
    RESULT(setpriority(PRIO_PROCESS, 0, 100));
    RESULT(getpriority(PRIO_PROCESS, 0));
    _exit(0);
  }
  reap("inherits", child);
  RESULT(setpriority(9, 0, 0));
  RESULT(getpriority(-1, 0));
  RESULT(setpriority(PRIO_PROCESS, 1 << 29, 0));
  RESULT(getpriority(PRIO_PROCESS, 1 << 29));
  RESULT(getpriority(PRIO_PROCESS, -1));
  RESULT(setpriority(PRIO_PGRP, 1 << 29, 0));
  RESULT(getpriority(PRIO_PGRP, 1 << 29));
  RESULT(setpriority(PRIO_USER, 4321, 0));
  RESULT(getpriority(PRIO_USER, 4321));
  pid_t group[2];
  for (int i = 0; i < 2; i++) {
    group[i] = spawn(waits);
    NEED(setpgid(group[i], group[0]) == 0);
  }
  RESULT(setpriority(PRIO_PROCESS, group[1], 7));
  RESULT(getpriority(PRIO_PGRP, group[0]));
  RESULT(setpriority(PRIO_PGRP, group[0], 11));
  RESULT(getpriority(PRIO_PROCESS, group[0]));
  RESULT(getpriority(PRIO_PROCESS, group[1]));
  roots = group[0];
  reap("user", spawn(user));
  for (int i = 0; i < 2; i++) {
    kill(group[i], SIGKILL);
    reap("member", group[i]);
  }
  return 0;
}
