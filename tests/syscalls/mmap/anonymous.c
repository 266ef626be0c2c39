/* mmap of anonymous memory: zeros, private and shared across fork, fixed places, holes, errors. */
#include "check.h"

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };

static const char *touch(void *address) {
  pid_t child = fork();
  if (child == 0) {
    *(volatile char *)address = 1;
    _exit(0);
  }
  int status;
  NEED(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? "mapped" : signal_name(WTERMSIG(status));
}

int main(void) {
  char *memory = mmap(0, 8 * PAGE, BOTH, ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  IS(((uintptr_t)memory & (PAGE - 1)) == 0);
  int zeros = 1;
  for (int i = 0; i < 8 * PAGE; i++) zeros &= memory[i] == 0;
  IS(zeros);
  memset(memory, 'm', 8 * PAGE);
  RESULT(munmap(memory + 2 * PAGE, 2 * PAGE));
  say("before the hole %s, in it %s, after it %s\n", touch(memory + 2 * PAGE - 1),
      touch(memory + 2 * PAGE), touch(memory + 4 * PAGE));
  RESULT(munmap(memory + 2 * PAGE, 2 * PAGE));
  char *again = mmap(memory + 2 * PAGE, PAGE, BOTH, ANONYMOUS, -1, 0);
  IS(again == memory + 2 * PAGE);
  IS(again[0] == 0 && memory[PAGE] == 'm');
  char *over = mmap(memory, PAGE, BOTH, ANONYMOUS | MAP_FIXED, -1, 0);
  IS(over == memory && over[5] == 0 && memory[PAGE] == 'm');
  char *hint = mmap(memory, PAGE, BOTH, ANONYMOUS, -1, 0);
  IS(hint != MAP_FAILED && hint != memory);
  IS(memory[PAGE] == 'm');
  RESULT(munmap(memory, 8 * PAGE));
  say("unmapped: %s\n", touch(memory + 7 * PAGE));

  int *shared = mmap(0, PAGE, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *own = mmap(0, PAGE, BOTH, ANONYMOUS, -1, 0);
  *shared = *own = 1;
  pid_t child = fork();
  if (child == 0) {
    *shared = *own = 2;
    if (fork() == 0) {
      *shared = *own = 3;
      _exit(0);
    }
    wait(0);
    _exit(*shared * 10 + *own);
  }
  reap("child", child);
  say("shared %d, own %d\n", *shared, *own);

  RESULT((long)mmap(0, 0, BOTH, ANONYMOUS, -1, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_ANONYMOUS, -1, 0));
  RESULT((long)mmap((void *)1, PAGE, BOTH, ANONYMOUS | MAP_FIXED, -1, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_PRIVATE, -1, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_PRIVATE, 99, 0));
  RESULT((long)mmap(0, (size_t)1 << 60, BOTH, ANONYMOUS, -1, 0));
  RESULT(munmap((void *)1, PAGE));
  RESULT(munmap(shared, 0));
  RESULT(munmap((void *)shared, (size_t)-PAGE));
  char *odd = mmap(0, 100, BOTH, ANONYMOUS, -1, 0);
  say("a page for 100 bytes: %s\n", touch(odd + PAGE - 1));
  RESULT(munmap(odd, 100));
  say("all of it gone: %s\n", touch(odd + PAGE - 1));
  return 0;
}
