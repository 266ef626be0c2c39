/* brk downwards unmaps the pages above the new end.
 * qemu differs: it keeps them mapped. */
#include "check.h"

static void touch(const char *what, volatile char *place) {
  pid_t child = fork();
  if (child == 0) {
    *place = 1;
    _exit(0);
  }
  reap(what, child);
}

int main(void) {
  char *start = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  RESULT(brk(start + 4 * PAGE));
  touch("third page", start + 2 * PAGE);
  RESULT(brk(start + 2 * PAGE));
  touch("second page", start + 2 * PAGE - 1);
  touch("third page, gone", start + 2 * PAGE);
  RESULT(brk(start + PAGE + 1));
  touch("rest of the last page", start + 2 * PAGE - 1);
  return 0;
}
