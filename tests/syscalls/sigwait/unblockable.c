/* SIGKILL and SIGSTOP in the set of sigtimedwait: they are not waited for, and act as ever. */
#include "check.h"

static int waits(void) {
  uint64_t all = ~(uint64_t)0;
  syscall(SYS_rt_sigtimedwait, &all, 0, 0, 8);
  return 1;
}

int main(void) {
  struct timespec none = {0, 0};
  uint64_t both = 1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1);
  RESULT(syscall(SYS_rt_sigtimedwait, &both, 0, &none, 8));
  pid_t child = spawn(waits);
  int status;
  sleep_ms(30);
  RESULT(kill(child, SIGSTOP));
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status("child", status);
  RESULT(kill(child, SIGKILL));
  reap("child", child);
  child = spawn(waits);
  sleep_ms(30);
  RESULT(kill(child, SIGKILL));
  reap("child", child);
  return 0;
}
