/* clone3 with CLONE_VFORK: the parent waits until the child has gone.
 * qemu differs: version 7.2 has no clone3. */
#include "check.h"

struct args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

int main(void) {
  int *order = shared_page();
  struct args args = {.flags = CLONE_VFORK, .exit_signal = SIGCHLD};
  long child = syscall(SYS_clone3, &args, sizeof args);
  NEED(child >= 0);
  if (child == 0) {
    sleep_ms(20);
    *order = 1;
    _exit(7);
  }
  say("the child has gone: %d\n", *order);
  reap("child", (pid_t)child);
  return 0;
}
