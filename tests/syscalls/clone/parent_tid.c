/* clone without shared memory: CLONE_PARENT_SETTID writes in the parent's memory,
 * CLONE_CHILD_SETTID in the child's.
 * qemu differs: it writes the parent's word in the child. */
#include "check.h"

static char stack[65536] __attribute__((aligned(16)));
static int parent_word, child_word;

static int child_main(void *unused) {
  (void)unused;
  IS(child_word == getpid());
  return 8;
}

int main(void) {
  int flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD;
  pid_t child = clone(child_main, stack + sizeof stack, flags, 0, &parent_word, 0, &child_word);
  reap("child", child);
  IS(parent_word == child);
  IS(child_word == 0);
  return 0;
}
