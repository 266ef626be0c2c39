/* mlock, mlock2, munlock, mlockall, munlockall, MAP_LOCKED: pages become resident; refusals for
 * ranges, flags and the limit.
 * qemu differs: version 7.2 has no mlock2, and its own memory counts. */
#include "check.h"
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };

static int resident(void *address) {
  unsigned char vector;
  NEED(mincore(address, PAGE, &vector) == 0);
  return vector & 1;
}
static char *pages(int count, int flags) {
  return mmap(0, count * PAGE, BOTH, ANONYMOUS | flags, -1, 0);
}

/* As nobody, whom the limit binds. */
static int limited(void) {
  struct rlimit limit = {8 * PAGE, 8 * PAGE};
  NEED(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  char *memory = pages(16, 0);
  NEED(setresuid(65534, 65534, 65534) == 0);
  RESULT(mlock(memory, 16 * PAGE));
  RESULT(mlock(memory, 8 * PAGE));
  RESULT(mlock(memory, 4 * PAGE));
  RESULT(mlock(memory + 8 * PAGE, PAGE));
  RESULT((long)mmap(0, PAGE, BOTH, ANONYMOUS | MAP_LOCKED, -1, 0));
  RESULT((long)mremap(memory, 8 * PAGE, 12 * PAGE, MREMAP_MAYMOVE));
  RESULT(munlock(memory, 4 * PAGE));
  RESULT(mlock(memory + 8 * PAGE, 4 * PAGE));
  RESULT(mlockall(MCL_CURRENT));
  RESULT(munlockall());
  RESULT(mlock(memory, 8 * PAGE));
  RESULT(munmap(memory, 8 * PAGE));
  RESULT(mlock(memory + 8 * PAGE, 8 * PAGE));
  RESULT(munlockall());
  limit.rlim_cur = 0;
  NEED(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  RESULT(mlock(memory + 8 * PAGE, PAGE));
  RESULT(mlock2(memory + 8 * PAGE, PAGE, MLOCK_ONFAULT));
  RESULT(mlockall(MCL_FUTURE));
  RESULT((long)mmap(0, PAGE, BOTH, ANONYMOUS | MAP_LOCKED, -1, 0));
  RESULT(munlock(memory + 8 * PAGE, PAGE));
  return 0;
}

static int future(void) {
  RESULT(mlockall(MCL_FUTURE));
  char *memory = pages(2, 0);
  say("a new mapping: %d\n", resident(memory + PAGE));
  RESULT(mlockall(MCL_FUTURE | MCL_ONFAULT));
  memory = pages(2, 0);
  say("on fault: %d\n", resident(memory));
  RESULT(madvise(memory, PAGE, MADV_DONTNEED));
  RESULT(munlockall());
  memory = pages(2, 0);
  say("no more: %d\n", resident(memory));
  RESULT(madvise(memory, PAGE, MADV_DONTNEED));
  RESULT(mlockall(MCL_CURRENT));
  say("now: %d\n", resident(memory));
  RESULT(mlockall(0));
  RESULT(mlockall(MCL_ONFAULT));
  RESULT(mlockall(8));
  return 0;
}

int main(void) {
  char *memory = pages(4, 0);
  say("before %d\n", resident(memory));
  RESULT(mlock(memory + 100, PAGE));
  say("after %d %d %d\n", resident(memory), resident(memory + PAGE), resident(memory + 2 * PAGE));
  RESULT(mlock2(memory + 2 * PAGE, PAGE, MLOCK_ONFAULT));
  say("on fault %d\n", resident(memory + 2 * PAGE));
  RESULT(mlock2(memory, PAGE, 2));
  RESULT(mlock(memory, 0));
  RESULT(munlock(memory, (size_t)-2 * PAGE));
  RESULT(madvise(memory, PAGE, MADV_DONTNEED));
  RESULT(madvise(memory, PAGE, MADV_FREE));
  RESULT(msync(memory, PAGE, MS_SYNC | MS_INVALIDATE));
  RESULT(munlock(memory, 4 * PAGE));
  RESULT(madvise(memory, PAGE, MADV_DONTNEED));
  RESULT(munlock(memory, 4 * PAGE));
  NEED(munmap(memory + PAGE, PAGE) == 0);
  RESULT(mlock(memory, 4 * PAGE));
  RESULT(munlock(memory, 4 * PAGE));
  RESULT(mlock(memory + PAGE, PAGE));
  RESULT(mprotect(memory, PAGE, PROT_NONE));
  RESULT(mlock(memory, PAGE));
  char *locked = pages(2, MAP_LOCKED);
  say("MAP_LOCKED %d\n", resident(locked + PAGE));
  pid_t child = fork();
  if (child == 0) {
    /* A child has no locks. */
    RESULT(madvise(locked, PAGE, MADV_DONTNEED));
    _exit(0);
  }
  reap("child", child);
  RESULT(madvise(locked, PAGE, MADV_DONTNEED));
  reap("limited", spawn(limited));
  reap("future", spawn(future));
  return 0;
}
