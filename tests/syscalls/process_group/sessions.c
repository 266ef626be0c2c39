/* Process groups and sessions: creation, inheritance, every refusal of setpgid and setsid. */
#include "check.h"

int main(int count, char **arguments) {
  if (count > 1) {
    pause();
    return 0;
  }
  Gate gate = new_gate(), up = new_gate();
  IS(getpgid(0) == getpgrp() && getsid(0) == getsid(getpid()));
  pid_t child = fork();
  if (child == 0) {
    IS(getpgrp() == getpgid(getppid()));
    RESULT(setpgid(0, 0));
    IS(getpgrp() == getpid());
    IS(getsid(0) == getsid(getppid()));
    RESULT(setpgid(0, getpid()));
    RESULT(setsid());
    pid_t grandchild = fork();
    if (grandchild == 0) {
      IS(getpgrp() == getppid());
      SUCCESS(setsid());
      IS(getsid(0) == getpid() && getpgrp() == getpid());
      RESULT(setsid());
      RESULT(setpgid(0, 0));
      RESULT(setpgid(0, getppid()));
      _exit(0);
    }
    reap("grandchild", grandchild);
    open_gate(&up);
    pass_gate(&gate);
    _exit(0);
  }
  pass_gate(&up);
  IS(getpgid(child) == child && getsid(child) == getsid(0));
  RESULT(setpgid(child, getpgrp()));
  IS(getpgid(child) == getpgrp());
  RESULT(setpgid(child, 1 << 29));
  RESULT(setpgid(child, -1));
  RESULT(setpgid(-1, 0));
  RESULT(setpgid(1 << 29, 0));
  RESULT(setpgid(getppid(), 0));
  RESULT(getpgid(1 << 29));
  RESULT(getpgid(-1));
  RESULT(getsid(1 << 29));
  open_gate(&gate);
  reap("child", child);

  child = fork();
  if (child == 0) {
    char *list[] = {arguments[0], "pause", 0};
    execv(arguments[0], list);
    _exit(127);
  }
  while (setpgid(child, child) == 0) sleep_ms(1);
  say("after its exec: %s\n", error_name(errno));
  kill(child, SIGKILL);
  reap("child", child);
  /* A group outlives its leader as long as it has a member. */
  pid_t leader = fork();
  if (leader == 0) {
    setpgid(0, 0);
    if (fork() == 0) {
      open_gate(&up);
      pass_gate(&gate);
      IS(getpgrp() != getpid());
      open_gate(&up);
      _exit(0);
    }
    _exit(0);
  }
  reap("leader", leader);
  pass_gate(&up);
  RESULT(kill(-leader, 0));
  open_gate(&gate);
  pass_gate(&up);
  return 0;
}
