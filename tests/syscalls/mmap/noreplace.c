/* MAP_FIXED_NOREPLACE: at the place or not at all; mprotect with nothing or unknown rights; what a
 * failed mprotect has changed before it met the hole.
 * qemu differs: version 7.2 does not know MAP_FIXED_NOREPLACE, refuses a length of zero, and hangs
 * when the write to the half-changed mapping faults. */
#include "check.h"

int main(void) {
  char *memory = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  NEED(memory != MAP_FAILED);
  RESULT((long)mmap(memory + PAGE, PAGE, PROT_READ, flags, -1, 0));
  RESULT(munmap(memory + PAGE, PAGE));
  IS(mmap(memory + PAGE, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == memory + PAGE);
  RESULT((long)mmap(memory, 2 * PAGE, PROT_READ, flags, -1, 0));
  RESULT(mprotect(memory, 0, PROT_READ));
  RESULT(mprotect(memory, PAGE, 0x70));
  memory[0] = 1;
  RESULT(munmap(memory + 2 * PAGE, PAGE));
  RESULT(mprotect(memory, 3 * PAGE, PROT_READ));
  pid_t child = fork();
  if (child == 0) {
    *(volatile char *)memory = 2;
    _exit(0);
  }
  reap("the part before the hole was changed", child);
  return 0;
}
