/* The mask while a handler runs: sa_mask, the signal itself unless SA_NODEFER; SA_RESETHAND.
 * qemu differs: version 7.2 takes riscv64's sa_mask for the sa_restorer that riscv64 has not, so
 * sa_mask blocks nothing. */
#include "check.h"

static volatile int inside, second_ran_inside, depth;

static void looks(int number) {
  sigset_t mask;
  (void)number;
  sigprocmask(SIG_BLOCK, 0, &mask);
  inside = sigismember(&mask, SIGUSR1) | sigismember(&mask, SIGUSR2) << 1 |
           sigismember(&mask, SIGTERM) << 2 | sigismember(&mask, SIGKILL) << 3;
  depth++;
  if (number == SIGUSR1) raise(SIGTERM);
  depth--;
}

static void on_term(int number) {
  (void)number;
  second_ran_inside = depth;
}

int main(void) {
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  handle(SIGTERM, on_term, 0);
  action.sa_handler = looks;
  action.sa_flags = SA_RESETHAND;
  sigaddset(&action.sa_mask, SIGTERM);
  sigaddset(&action.sa_mask, SIGKILL);
  RESULT(sigaction(SIGUSR1, &action, 0));
  second_ran_inside = 9;
  raise(SIGUSR1);
  say("blocked inside %d, the second at depth %d\n", inside, second_ran_inside);
  RESULT(sigaction(SIGUSR1, 0, &old));
  IS(old.sa_handler == SIG_DFL);
  action.sa_flags = SA_NODEFER;
  RESULT(sigaction(SIGUSR1, &action, 0));
  raise(SIGUSR1);
  say("blocked inside %d, the second at depth %d\n", inside, second_ran_inside);
  RESULT(sigaction(SIGUSR1, 0, &old));
  IS(old.sa_handler == looks && (old.sa_flags & SA_NODEFER));
  IS(sigismember(&old.sa_mask, SIGTERM) && !sigismember(&old.sa_mask, SIGKILL));
  looks(0);
  say("blocked after %d\n", inside);
  return 0;
}
