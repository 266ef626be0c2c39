/* Copy-on-write: parent and child each see their own writes, over many pages and two forks. */
#include "check.h"

enum { PAGES = 200 };

static unsigned sum(unsigned char *memory) {
  unsigned total = 0;
  for (int i = 0; i < PAGES; i++) total = total * 3 + memory[i * PAGE] + memory[i * PAGE + PAGE - 1];
  return total;
}

int main(void) {
  unsigned char *memory =
      mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  for (int i = 0; i < PAGES; i++) memory[i * PAGE] = memory[i * PAGE + PAGE - 1] = (char)i;
  Gate to_child = new_gate(), to_parent = new_gate();
  say("start %u\n", sum(memory));
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < PAGES; i += 2) memory[i * PAGE] = 1;
    say("child wrote %u\n", sum(memory));
    open_gate(&to_parent);
    pass_gate(&to_child);
    say("child after the parent's writes %u\n", sum(memory));
    pid_t grandchild = fork();
    if (grandchild == 0) {
      memset(memory, 7, PAGES * PAGE);
      say("grandchild %u\n", sum(memory));
      _exit(0);
    }
    reap("grandchild", grandchild);
    say("child at the end %u\n", sum(memory));
    _exit(0);
  }
  pass_gate(&to_parent);
  say("parent after the child's writes %u\n", sum(memory));
  for (int i = 1; i < PAGES; i += 2) memory[i * PAGE + PAGE - 1] = 2;
  say("parent wrote %u\n", sum(memory));
  open_gate(&to_child);
  reap("child", child);
  say("parent at the end %u\n", sum(memory));
  /* The kernel's own writes (read into memory) break the sharing too. */
  int zero = open("/dev/zero", O_RDONLY);
  child = fork();
  if (child == 0) {
    NEED(read(zero, memory, PAGES * PAGE) == PAGES * PAGE);
    say("child read zeros %u\n", sum(memory));
    _exit(0);
  }
  reap("reader", child);
  say("parent still %u\n", sum(memory));
  return 0;
}
