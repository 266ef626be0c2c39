/* RLIMIT_CPU: SIGXCPU at the soft limit, again a second later; SIGKILL at the hard one. */
#include "check.h"

static volatile int xcpu;
static void on_xcpu(int number) { xcpu++; }
static int computes(void) {
  struct rlimit limit = {1, 9};
  handle(SIGXCPU, on_xcpu, 0);
  NEED(setrlimit(RLIMIT_CPU, &limit) == 0);
  while (!xcpu) continue;
  say("SIGXCPU at the soft limit\n");
  NEED(getrlimit(RLIMIT_CPU, &limit) == 0);
  say("now %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
  limit.rlim_cur = limit.rlim_max = 1;
  NEED(setrlimit(RLIMIT_CPU, &limit) == 0);
  for (;;) continue;
}

int main(void) {
  reap("computes", spawn(computes));
  return 0;
}
