/* mprotect over parts of mappings and several of them; refusals. */
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
  return WIFEXITED(status) ? "writable" : signal_name(WTERMSIG(status));
}

int main(void) {
  char *memory = mmap(0, 6 * PAGE, BOTH, ANONYMOUS, -1, 0);
  memset(memory, 'm', 6 * PAGE);
  RESULT(mprotect(memory + PAGE, PAGE, PROT_READ));
  RESULT(mprotect(memory + 3 * PAGE, 2 * PAGE, PROT_NONE));
  for (int page = 0; page < 6; page++) say("page %d %s\n", page, touch(memory + page * PAGE));
  RESULT(mprotect(memory, 6 * PAGE, PROT_READ));
  RESULT(mprotect(memory, 6 * PAGE, BOTH));
  int kept = 1;
  for (int i = 0; i < 6 * PAGE; i++) kept &= memory[i] == 'm';
  IS(kept);
  for (int page = 0; page < 6; page++) say("page %d %s\n", page, touch(memory + page * PAGE));
  RESULT(mprotect(memory + 1, PAGE, PROT_READ));
  RESULT(mprotect(memory, (size_t)-PAGE, PROT_READ));
  RESULT(mprotect((void *)((uintptr_t)1 << 37), PAGE, PROT_READ));
  RESULT(mprotect(memory, PAGE, PROT_READ | PROT_GROWSDOWN));
  RESULT(mprotect(memory, PAGE, PROT_READ | PROT_GROWSUP));
  RESULT(mprotect(memory, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
  RESULT(munmap(memory + 2 * PAGE, PAGE));
  RESULT(mprotect(memory, 6 * PAGE, BOTH));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(ftruncate(file, PAGE) == 0);
  int read_only = open("file", O_RDONLY);
  char *shared = mmap(0, PAGE, PROT_READ, MAP_SHARED, read_only, 0);
  char *own = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, read_only, 0);
  RESULT(mprotect(shared, PAGE, BOTH));
  RESULT(mprotect(own, PAGE, BOTH));
  own[0] = 1;
  RESULT(mprotect(shared, PAGE, PROT_NONE));
  RESULT(mprotect(shared, PAGE, PROT_READ | PROT_EXEC));
  IS(shared[0] == 0 && own[0] == 1);
  /* The stack, by PROT_GROWSDOWN: from the page to its lower end. */
  char local[16];
  char *top = (char *)((uintptr_t)local & ~(uintptr_t)(PAGE - 1));
  RESULT(mprotect(top, PAGE, BOTH | PROT_GROWSDOWN));
  return 0;
}
