/* SA_SIGINFO: who sent what and how; SA_NODEFER, errors. */
#include "check.h"

static volatile int depth, deepest, code, from_me, value;

static void on_info(int number, siginfo_t *info, void *context) {
  (void)context;
  code = info->si_code;
  from_me = info->si_pid == getpid() && info->si_uid == getuid();
  value = number;
}

static void nests(int number) {
  depth++;
  if (depth > deepest) deepest = depth;
  if (depth < 3) raise(number);
  depth--;
}

static void show(const char *what) {
  say("%s: %s, code %s, from me %d\n", what, signal_name(value),
      code == SI_USER    ? "SI_USER"
      : code == SI_TKILL ? "SI_TKILL"
      : code == SI_QUEUE ? "SI_QUEUE"
      : code == SI_KERNEL ? "SI_KERNEL"
                         : "other",
      from_me);
}

static int sender(void) {
  kill(getppid(), SIGUSR2);
  return 0;
}

int main(void) {
  handle_info(SIGUSR1, on_info, 0);
  handle_info(SIGUSR2, on_info, 0);
  kill(getpid(), SIGUSR1);
  show("kill");
  raise(SIGUSR2);
  show("raise");
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5});
  show("sigqueue");
  value = 0;
  reap("sender", spawn(sender));
  show("from a child");

  handle(SIGUSR1, nests, SA_NODEFER);
  raise(SIGUSR1);
  say("with SA_NODEFER depth %d\n", deepest);
  deepest = 0;
  handle(SIGUSR1, nests, 0);
  depth = 2;
  raise(SIGUSR1);
  say("without depth %d\n", deepest - 2);

  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = nests;
  RESULT(sigaction(SIGKILL, &action, 0));
  RESULT(sigaction(SIGSTOP, &action, 0));
  RESULT(sigaction(SIGKILL, 0, &old));
  RESULT(sigaction(0, &action, 0));
  RESULT(sigaction(65, &action, 0));
  RESULT(syscall(SYS_rt_sigaction, SIGUSR1, bad_pointer(), 0, 8));
  RESULT(syscall(SYS_rt_sigaction, SIGUSR1, 0, bad_pointer(), 8));
  RESULT(syscall(SYS_rt_sigaction, SIGUSR1, 0, &old, 4));
  return 0;
}
