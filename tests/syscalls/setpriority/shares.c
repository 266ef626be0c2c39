/* Nice values decide how two that compute share one CPU. */
#include "check.h"
#include <sched.h>

static volatile unsigned long *counts;

static pid_t count_up(int which, int nice_value) {
  pid_t child = fork();
  if (child != 0) return child;
  setpriority(PRIO_PROCESS, 0, nice_value);
  for (;;) counts[which * 64]++;
}

int main(void) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(0, &mask);
  NEED(sched_setaffinity(0, sizeof mask, &mask) == 0);
  counts = shared_page();
  pid_t usual = count_up(0, 0), nicest = count_up(1, 19);
  sleep_ms(600);
  unsigned long many = counts[0], few = counts[64];
  kill(usual, SIGKILL);
  kill(nicest, SIGKILL);
  reap("usual", usual);
  reap("nicest", nicest);
  IS(many > 0 && many / 5 > few);
  return 0;
}
