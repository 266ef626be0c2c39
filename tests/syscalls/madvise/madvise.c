/* madvise: what drops pages, what changes fork, hints, refusals.
 * qemu differs: version 7.2 does nothing for most advice, and does not check it. */
#include "check.h"

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };

static const char *in_child(char *address) {
  pid_t child = fork();
  if (child == 0) _exit(*(volatile char *)address);
  int status;
  static char texts[2][32];
  static int turn;
  char *text = texts[turn ^= 1];
  NEED(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) snprintf(text, sizeof texts[0], "%d", WEXITSTATUS(status));
  else snprintf(text, sizeof texts[0], "%s", signal_name(WTERMSIG(status)));
  return text;
}

int main(void) {
  char *memory = mmap(0, 4 * PAGE, BOTH, ANONYMOUS, -1, 0);
  memset(memory, 7, 4 * PAGE);
  RESULT(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
  say("%d %d %d\n", memory[0], memory[PAGE], memory[2 * PAGE]);
  memory[PAGE] = 7;
  RESULT(madvise(memory, PAGE, MADV_DONTFORK));
  say("not forked %s, beside it %s\n", in_child(memory), in_child(memory + PAGE));
  RESULT(madvise(memory, PAGE, MADV_DOFORK));
  say("forked again %s\n", in_child(memory));
  RESULT(madvise(memory, 2 * PAGE, MADV_WIPEONFORK));
  say("wiped %s, beside it %s, here %d\n", in_child(memory), in_child(memory + 2 * PAGE), *memory);
  RESULT(madvise(memory, 2 * PAGE, MADV_KEEPONFORK));
  say("kept %s\n", in_child(memory));
  RESULT(madvise(memory, 4 * PAGE, MADV_FREE));
  memory[0] = 9;
  IS(memory[0] == 9 && (memory[PAGE] == 7 || memory[PAGE] == 0));
  RESULT(madvise(memory, 4 * PAGE, MADV_NORMAL));
  RESULT(madvise(memory, 4 * PAGE, MADV_RANDOM));
  RESULT(madvise(memory, 4 * PAGE, MADV_SEQUENTIAL));
  RESULT(madvise(memory, 4 * PAGE, MADV_COLD));
  RESULT(madvise(memory, 4 * PAGE, MADV_DONTDUMP));
  RESULT(madvise(memory, 4 * PAGE, MADV_DODUMP));
  RESULT(madvise(memory, 4 * PAGE, MADV_POPULATE_READ));
  RESULT(madvise(memory, 4 * PAGE, MADV_POPULATE_WRITE));
  RESULT(madvise(memory, 0, MADV_DONTNEED));
  RESULT(madvise(memory + 1, PAGE, MADV_NORMAL));
  RESULT(madvise(memory, PAGE, 5));
  RESULT(madvise(memory, PAGE, -1));
  RESULT(madvise(memory, PAGE, 1000));
  RESULT(madvise(memory, (size_t)-PAGE, MADV_NORMAL));
  RESULT(madvise(memory, PAGE, MADV_REMOVE));

  /* With a hole: what is mapped is treated all the same. */
  memset(memory, 7, 4 * PAGE);
  NEED(munmap(memory + PAGE, PAGE) == 0);
  RESULT(madvise(memory, 4 * PAGE, MADV_DONTNEED));
  say("%d %d\n", memory[0], memory[3 * PAGE]);
  RESULT(madvise(memory + PAGE, PAGE, MADV_NORMAL));
  RESULT(mprotect(memory, PAGE, PROT_READ));
  RESULT(madvise(memory, PAGE, MADV_POPULATE_WRITE));
  RESULT(mprotect(memory, PAGE, PROT_NONE));
  RESULT(madvise(memory, PAGE, MADV_POPULATE_READ));
  RESULT(madvise(memory + PAGE, PAGE, MADV_POPULATE_READ));

  /* Files and shared memory. */
  char *shared = mmap(0, 2 * PAGE, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(shared, 5, 2 * PAGE);
  RESULT(madvise(shared, 2 * PAGE, MADV_DONTNEED));
  say("shared stays %d\n", shared[0]);
  RESULT(madvise(shared, PAGE, MADV_REMOVE));
  say("removed %d, beside it %d\n", shared[0], shared[PAGE]);
  RESULT(madvise(shared, PAGE, MADV_FREE));
  RESULT(madvise(shared, PAGE, MADV_WIPEONFORK));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(pwrite(file, "content", 7, 0) == 7 && ftruncate(file, PAGE) == 0);
  char *own = mmap(0, PAGE, BOTH, MAP_PRIVATE, file, 0);
  strcpy(own, "changed");
  RESULT(madvise(own, PAGE, MADV_DONTNEED));
  say("private copy of a file dropped: %.7s\n", own);
  RESULT(madvise(own, PAGE, MADV_FREE));
  RESULT(madvise(own, PAGE, MADV_WILLNEED));
  RESULT(madvise(own, PAGE, MADV_REMOVE));
  char *beyond = mmap(0, 2 * PAGE, BOTH, MAP_SHARED, file, 0);
  RESULT(madvise(beyond, 2 * PAGE, MADV_POPULATE_READ));
  return 0;
}
