/* A child's end and its signal come together: a wait that the end satisfies is not interrupted by
 * the signal; so with sigwaitinfo and a signal that is awaited but has a handler. */
#include "check.h"

static volatile int handled;
static void on_signal(int number) { handled++; }
static int late(void) {
  sleep_ms(5);
  return 7;
}
static int sends(void) {
  sleep_ms(5);
  kill(getppid(), SIGUSR1);
  return 0;
}
int main(void) {
  handle(SIGCHLD, on_signal, 0);
  for (int i = 0; i < 3; i++) {
    pid_t child = spawn(late);
    int status = 0;
    IS(waitpid(child, &status, 0) == child);
    show_status("child", status);
  }
  say("SIGCHLD handled %d\n", handled);
  signal(SIGCHLD, SIG_DFL);
  handle(SIGUSR1, on_signal, 0);
  handled = 0;
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pid_t child = spawn(sends);
  IS(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_pid == child);
  say("handled %d\n", handled);
  reap("sender", child);
  return 0;
}
