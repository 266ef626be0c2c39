/* A signal to a parent that waits in vfork: handled only after the child has gone.
 * qemu differs: it implements vfork as fork, so the parent does not wait. */
#include "check.h"

static volatile int order, handled_at, child_done_at;
static void on_signal(int number) {
  (void)number;
  handled_at = ++order;
}

int main(void) {
  handle(SIGUSR1, on_signal, 0);
  pid_t parent = getpid(), child = vfork();
  if (child == 0) {
    kill(parent, SIGUSR1);
    sleep_ms(30);
    child_done_at = ++order;
    _exit(0);
  }
  say("child at %d, handler at %d\n", child_done_at, handled_at);
  reap("child", child);

  /* The child of a process that dies in vfork lives on. */
  Gate gate = new_gate(), died = new_gate();
  pid_t middle = fork();
  if (middle == 0) {
    pid_t self = getpid();
    if (vfork() == 0) {
      kill(self, SIGKILL);
      pass_gate(&died);
      say("grandchild goes on\n");
      open_gate(&gate);
      _exit(0);
    }
    _exit(1);
  }
  reap("middle", middle);
  open_gate(&died);
  pass_gate(&gate);
  return 0;
}
