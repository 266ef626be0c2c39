/* sched_setaffinity, sched_getaffinity: CPU 0 is there; sizes, bad pointers, nobody. */
#include "check.h"
#include <sched.h>

int main(void) {
  unsigned long mask[16] = {1};
  RESULT(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
  memset(mask, 0xff, sizeof mask);
  IS(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) >= 8);
  say("%lx\n", mask[0]);
  RESULT(syscall(SYS_sched_getaffinity, 0, 1, mask));
  RESULT(syscall(SYS_sched_getaffinity, 0, 0, mask));
  RESULT(syscall(SYS_sched_getaffinity, 0, 15, mask));
  RESULT(syscall(SYS_sched_getaffinity, -1, sizeof mask, mask));
  RESULT(syscall(SYS_sched_getaffinity, 1 << 29, sizeof mask, mask));
  RESULT(syscall(SYS_sched_getaffinity, 0, sizeof mask, bad_pointer()));
  memset(mask, 0, sizeof mask);
  RESULT(syscall(SYS_sched_setaffinity, 0, sizeof mask, mask));
  RESULT(syscall(SYS_sched_setaffinity, 0, 0, mask));
  RESULT(syscall(SYS_sched_setaffinity, 0, sizeof mask, bad_pointer()));
  mask[0] = 1;
  RESULT(syscall(SYS_sched_setaffinity, 1 << 29, sizeof mask, mask));
  RESULT(syscall(SYS_sched_setaffinity, -1, sizeof mask, mask));
  return 0;
}
