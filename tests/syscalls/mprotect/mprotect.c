/* mprotect: each right is real, part of a mapping can change, kernel accesses obey, errors. */
#include "check.h"

static char *memory;

static const char *access_with(char kind, char *address) {
  pid_t child = fork();
  if (child == 0) {
    volatile char *place = address;
    if (kind == 'r') (void)*place;
    if (kind == 'w') *place = 1;
    if (kind == 'x') ((void (*)(void))address)();
    _exit(0);
  }
  int status;
  NEED(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? "ok" : signal_name(WTERMSIG(status));
}

static void show(const char *what, int protection) {
  if (protection >= 0) RESULT(mprotect(memory, PAGE, protection));
  const char *read_result = access_with('r', memory);
  say("%s: read %s, ", what, read_result);
  say("write %s, ", access_with('w', memory));
  say("execute %s\n", access_with('x', memory));
}

int main(void) {
#ifdef __riscv
  static const unsigned char code[] = {0x82, 0x80}; /* c.ret */
#else
  static const unsigned char code[] = {0xc3}; /* ret */
#endif
  memory = mmap(0, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memcpy(memory, code, sizeof code);
  __builtin___clear_cache(memory, memory + 16);
  show("as mapped", -1);
  show("read", PROT_READ);
  show("read and execute", PROT_READ | PROT_EXEC);
  show("none", PROT_NONE);
  show("all", PROT_READ | PROT_WRITE | PROT_EXEC);
  RESULT(mprotect(memory + PAGE, PAGE, PROT_NONE));
  RESULT(mprotect(memory + 2 * PAGE, PAGE, PROT_READ));
  for (int i = 0; i < 5; i++) say("page %d: write %s\n", i, access_with('w', memory + i * PAGE));
  RESULT(mprotect(memory + 2 * PAGE, 1, PROT_READ | PROT_WRITE));
  memory[3 * PAGE - 1] = 1;
  int ends[2];
  NEED(pipe(ends) == 0 && write(ends[1], "abc", 3) == 3);
  RESULT(read(ends[0], memory + PAGE, 1));
  RESULT(write(ends[1], memory + PAGE, 1));
  RESULT(mprotect(memory + PAGE, PAGE, PROT_READ));
  RESULT(read(ends[0], memory + PAGE, 1));
  RESULT(write(ends[1], memory + PAGE, 1));
  RESULT(mprotect(memory + 1, PAGE, PROT_READ));
  NEED(munmap(memory + 4 * PAGE, PAGE) == 0);
  RESULT(mprotect(memory + 3 * PAGE, 2 * PAGE, PROT_READ));
  return 0;
}
