/* pipe2 with a bad flag, bad memory, or no descriptor left.
 * qemu differs: version 7.2 ignores flags that it does not know. */
#include "check.h"

int main(void) {
  int ends[2] = {-7, -7};
  RESULT(pipe2(ends, 0x7));
  RESULT(pipe2(bad_pointer(), 0));
  RESULT(pipe(0));
  struct rlimit limit = {4, 4};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(pipe(ends));
  say("%d %d\n", ends[0], ends[1]);
  RESULT(dup(1));
  RESULT(dup(1));
  return 0;
}
