/* fork: memory is copied (data, stack, heap), descriptors are shared, the child's pids are right. */
#include "check.h"

static int data = 1;
static char big[64 * PAGE];

int main(void) {
  int stack = 2, *heap = malloc(sizeof *heap), ends[2];
  *heap = 3;
  NEED(pipe(ends) == 0);
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    IS(getppid() == parent);
    IS(getpid() != parent);
    IS(getpgrp() == getpgid(parent));
    data = 10, stack = 20, *heap = 30;
    memset(big, 'c', sizeof big);
    close(ends[0]);
    write(ends[1], &data, sizeof data);
    _exit(data + stack + *heap);
  }
  close(ends[1]);
  int seen;
  RESULT(read(ends[0], &seen, sizeof seen));
  RESULT(read(ends[0], &seen, sizeof seen));
  reap("child", child);
  say("%d %d %d %d, child's %d\n", data, stack, *heap, big[5 * PAGE], seen);

  pid_t children[40];
  for (int i = 0; i < 40; i++) {
    children[i] = fork();
    if (children[i] == 0) _exit(i);
  }
  int wrong = 0, status;
  for (int i = 39; i >= 0; i--)
    wrong += waitpid(children[i], &status, 0) != children[i] || WEXITSTATUS(status) != i;
  say("40 children, wrong %d\n", wrong);

  /* A chain: each generation adds one to what its own child reports. */
  int depth = 0;
  pid_t first = getpid();
  while (depth < 12 && (child = fork()) == 0) depth++;
  if (depth == 12) _exit(100);
  NEED(waitpid(child, &status, 0) == child);
  if (getpid() != first) _exit(WEXITSTATUS(status) + 1);
  say("chain gave %d\n", WEXITSTATUS(status));
  return 0;
}
