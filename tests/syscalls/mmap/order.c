/* Which of several refusals comes first: of mmap, msync, mprotect and their kin.
 * qemu differs: version 7.2 looks at the length before the descriptor. */
#include "check.h"

enum { BOTH = PROT_READ | PROT_WRITE };

int main(void) {
  int writing = open("file", O_WRONLY | O_CREAT, 0600);
  NEED(writing >= 0 && ftruncate(writing, PAGE) == 0);
  RESULT((long)mmap(0, 0, BOTH, MAP_SHARED, writing, 0));
  RESULT((long)mmap(0, PAGE, BOTH, 0, writing, 0));
  RESULT((long)mmap(0, 0, BOTH, MAP_SHARED, 99, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED, writing, 1));
  char *zeros = mmap(0, PAGE, PROT_READ, MAP_SHARED, open("/dev/zero", O_RDONLY), 0);
  NEED(zeros != MAP_FAILED);
  RESULT(mprotect(zeros, PAGE, BOTH));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED, open("/dev/zero", O_RDONLY), 0));
  void *nowhere = (void *)-1, *outside = (void *)-PAGE;
  RESULT(msync(nowhere, PAGE, MS_SYNC));
  RESULT(msync(outside, PAGE, MS_SYNC));
  RESULT(mprotect(nowhere, PAGE, PROT_READ));
  RESULT(munmap(nowhere, PAGE));
  RESULT(madvise(nowhere, PAGE, MADV_NORMAL));
  return 0;
}
