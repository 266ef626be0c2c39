/* MAP_SHARED between processes: a write is seen at once, by mappings of both, by read, and the
 * other way round; private mappings of the same file keep their own. */
#include "check.h"

enum { BOTH = PROT_READ | PROT_WRITE };

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0 && ftruncate(file, 2 * PAGE) == 0);
  volatile int *turn = shared_page();
  char *mapped = mmap(0, 2 * PAGE, BOTH, MAP_SHARED, file, 0);
  char *own = mmap(0, 2 * PAGE, BOTH, MAP_PRIVATE, file, 0);
  pid_t child = fork();
  if (child == 0) {
    /* A mapping of its own, through a descriptor of its own. */
    int again = open("file", O_RDWR);
    char *other = mmap(0, 2 * PAGE, BOTH, MAP_SHARED, again, 0);
    char bytes[8];
    while (*turn != 1) sched_yield();
    say("child: mapped %.5s, inherited %.5s, private %.5s\n", other, mapped, own);
    NEED(pread(again, bytes, 5, 0) == 5);
    say("child: read %.5s\n", bytes);
    own[0] = 'X';
    strcpy(other + PAGE, "child");
    *turn = 2;
    while (*turn != 3) sched_yield();
    say("child: written %.7s, private %.5s\n", other, own);
    _exit(0);
  }
  strcpy(mapped, "first");
  *turn = 1;
  while (*turn != 2) sched_yield();
  say("parent: second page %.5s, private %.5s\n", mapped + PAGE, own);
  NEED(pwrite(file, "written", 7, 0) == 7);
  *turn = 3;
  reap("child", child);
  /* Growing and writing behind the old end, seen through the old mapping. */
  NEED(ftruncate(file, PAGE) == 0 && pwrite(file, "tail", 4, 2 * PAGE - 4) == 4);
  say("tail %.4s, before it %d\n", mapped + 2 * PAGE - 4, mapped[PAGE]);
  munmap(mapped, 2 * PAGE);
  char bytes[16];
  NEED(pread(file, bytes, 7, 0) == 7);
  say("unmapped, read %.7s\n", bytes);
  return 0;
}
