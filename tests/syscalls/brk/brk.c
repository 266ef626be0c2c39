/* brk and sbrk: growth gives zeros, shrinking and growing again gives zeros, refusals keep the end. */
#include "check.h"

static int touches(void *address) {
  pid_t child = fork();
  if (child == 0) {
    *(volatile char *)address = 1;
    _exit(0);
  }
  int status;
  NEED(waitpid(child, &status, 0) == child);
  return WIFEXITED(status);
}

int main(void) {
  char *start = sbrk(0);
  IS(sbrk(0) == start);
  start = (char *)(((uintptr_t)start + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  NEED(brk(start) == 0);
  RESULT(brk(start + 10 * PAGE));
  IS(sbrk(0) == start + 10 * PAGE);
  int zeros = 1;
  for (int i = 0; i < 10 * PAGE; i++) zeros &= start[i] == 0;
  IS(zeros);
  memset(start, 'b', 10 * PAGE);
  IS(touches(start + 9 * PAGE));
  IS(touches(start + 10 * PAGE));
  RESULT(brk(start + 2 * PAGE));
  IS(touches(start + 2 * PAGE - 1));
  RESULT(brk(start + 3 * PAGE));
  IS(start[2 * PAGE - 1] == 'b' && start[2 * PAGE] == 0);
  RESULT(brk(start + 3 * PAGE + 1));
  IS(touches(start + 4 * PAGE - 1));
  IS((long)syscall(SYS_brk, 0) == (long)(start + 3 * PAGE + 1));
  IS((long)syscall(SYS_brk, 1) == (long)(start + 3 * PAGE + 1));
  IS((long)syscall(SYS_brk, (uintptr_t)1 << 62) == (long)(start + 3 * PAGE + 1));
  /* It may not run into a mapping. */
  char *wall = mmap(start + 20 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                    0);
  NEED(wall == start + 20 * PAGE);
  RESULT(brk(start + 30 * PAGE));
  IS(sbrk(0) == start + 3 * PAGE + 1);
  RESULT(brk(start + 10 * PAGE));
  pid_t child = fork();
  if (child == 0) {
    IS(sbrk(0) == start + 10 * PAGE);
    NEED(brk(start + PAGE) == 0);
    _exit(0);
  }
  reap("child", child);
  IS(sbrk(0) == start + 10 * PAGE && start[0] == 'b');
  return 0;
}
