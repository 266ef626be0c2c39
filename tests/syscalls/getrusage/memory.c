/* getrusage of memory: faults and the peak of resident pages, of the process and of children. */
#include "check.h"

enum { pages = 1024 };

static struct rusage usage(int who) {
  struct rusage usage;
  NEED(getrusage(who, &usage) == 0);
  return usage;
}
static char *touch(void) {
  char *memory =
      mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
  for (int page = 0; page < pages; page++) memory[page * PAGE] = 1;
  return memory;
}
static int greedy(void) {
  munmap(touch(), pages * PAGE);
  touch();
  return 0;
}

int main(void) {
  struct rusage before = usage(RUSAGE_SELF);
  IS(before.ru_maxrss > 0);
  IS(usage(RUSAGE_CHILDREN).ru_maxrss == 0);
  reap("child", spawn(greedy));
  struct rusage children = usage(RUSAGE_CHILDREN);
  IS(children.ru_maxrss >= pages * 4 && children.ru_maxrss < pages * 8 + 4000);
  IS(children.ru_minflt >= 2 * pages && children.ru_minflt < 3 * pages);
  char *memory = touch();
  struct rusage after = usage(RUSAGE_SELF);
  IS(after.ru_minflt - before.ru_minflt >= pages);
  IS(after.ru_maxrss - before.ru_maxrss >= pages * 4 - 400);
  NEED(munmap(memory, pages * PAGE) == 0);
  IS(usage(RUSAGE_SELF).ru_maxrss >= after.ru_maxrss);
  IS(usage(RUSAGE_CHILDREN).ru_maxrss == children.ru_maxrss);
  int status;
  pid_t child = spawn(greedy);
  struct rusage of_child;
  NEED(wait4(child, &status, 0, &of_child) == child);
  IS(of_child.ru_maxrss >= pages * 4 && of_child.ru_minflt >= 2 * pages);
  IS(of_child.ru_nswap == 0 && of_child.ru_ixrss == 0);
  /* Reading pages of zeros faults, but takes no memory. */
  before = usage(RUSAGE_SELF);
  volatile char *zeros =
      mmap(0, 4 * pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise((void *)zeros, 4 * pages * PAGE, MADV_NOHUGEPAGE);
  int sum = 0;
  for (int page = 0; page < 4 * pages; page++) sum += zeros[page * PAGE];
  after = usage(RUSAGE_SELF);
  IS(sum == 0 && after.ru_minflt - before.ru_minflt >= 4 * pages);
  IS(after.ru_maxrss - before.ru_maxrss < 4 * pages);
  return 0;
}
