/* membarrier: what is offered, registration, refusals.
 * qemu differs: it passes the call to the host, whose registration is another process's */
#include "check.h"

static long barrier(int command, unsigned flags) { return syscall(SYS_membarrier, command, flags, 0); }

int main(void) {
  RESULT(barrier(0, 0) & 0x27f);
  RESULT(barrier(1, 0));
  RESULT(barrier(2, 0));
  RESULT(barrier(8, 0));
  RESULT(barrier(32, 0));
  RESULT(barrier(0x200, 0));
  RESULT(barrier(16, 0));
  RESULT(barrier(8, 0));
  RESULT(barrier(64, 0));
  RESULT(barrier(32, 0));
  RESULT(barrier(4, 0));
  RESULT(barrier(0x200, 0));
  RESULT(barrier(3, 0));
  RESULT(barrier(1 << 20, 0));
  RESULT(barrier(-1, 0));
  RESULT(barrier(0, 2));
  RESULT(barrier(8, 1));
  pid_t child = fork();
  if (child == 0) {
    RESULT(barrier(0x200, 0));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
