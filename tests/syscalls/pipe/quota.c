/* An unprivileged user with many pipes gets small ones. */
#include "check.h"

static int other(void) {
  int ends[2], first = 0, size = 0, count = 0;
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  while (count < 2000 && pipe(ends) == 0) {
    size = fcntl(ends[1], F_GETPIPE_SZ);
    if (count++ == 0) first = size;
  }
  IS(first == 65536);
  IS(count > 1024 && size == 8192);
  for (int i = 0; i < 8192; i++) NEED(write(ends[1], "x", 1) == 1);
  RESULT(write(ends[1], "", 0));
  NEED(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  RESULT(write(ends[1], "x", 1));
  return 0;
}

int main(void) {
  struct rlimit limit = {4096, 4096};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  reap("other", spawn(other));
  return 0;
}
