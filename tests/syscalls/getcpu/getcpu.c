/* getcpu: both places may be absent, neither may be bad. */
#include "check.h"

int main(void) {
  unsigned processor = 12345, node = 12345;
  RESULT(syscall(SYS_getcpu, &processor, &node, 0));
  IS(processor < 12345 && node < 12345);
  RESULT(syscall(SYS_getcpu, 0, 0, 0));
  RESULT(syscall(SYS_getcpu, &processor, 0, 0));
  RESULT(syscall(SYS_getcpu, bad_pointer(), 0, 0));
  RESULT(syscall(SYS_getcpu, 0, bad_pointer(), 0));
  IS(sched_getcpu() >= 0);
  return 0;
}
