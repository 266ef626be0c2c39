/* sigtimedwait for a signal that is not blocked: it takes it, and its handler does not run; other
 * signals are delivered, and end the wait. */
#include "check.h"

static void on_signal(int number) { say("handler of %s\n", signal_name(number)); }

static pid_t sender(int number) {
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(50);
    kill(getppid(), number);
    for (;;) pause();
  }
  return child;
}

static void try(int number, int wanted) {
  sigset_t set;
  siginfo_t info;
  struct timespec time = {2, 0};
  sigemptyset(&set);
  sigaddset(&set, wanted);
  pid_t child = sender(number);
  int result = sigtimedwait(&set, &info, &time);
  int failed = errno;
  say("%s: ", signal_name(number));
  say("while waiting for %s: ", signal_name(wanted));
  say("%s\n", result < 0 ? error_name(failed) : signal_name(result));
  if (result > 0) say("from the child: %d\n", info.si_pid == child);
  kill(child, SIGKILL);
  reap("sender", child);
}

int main(void) {
  handle(SIGUSR1, on_signal, 0);
  try(SIGUSR1, SIGUSR1);
  handle(SIGUSR2, on_signal, SA_RESTART | SA_RESETHAND);
  try(SIGUSR2, SIGUSR1);
  return 0;
}
