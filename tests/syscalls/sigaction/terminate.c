/* The default action of every signal, and what a handler may not stop. */
#include "check.h"

int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  for (int number = 1; number < 32; number++) {
    pid_t child = fork();
    if (child == 0) {
      NEED(setpgid(0, 0) == 0);
      kill(getpid(), number);
      _exit(0);
    }
    int status;
    setpgid(child, child);
    NEED(waitpid(child, &status, WUNTRACED) == child);
    show_status(signal_name(number), status);
    if (WIFSTOPPED(status)) {
      kill(child, SIGCONT);
      reap("  continued", child);
    }
  }
  pid_t child = fork();
  if (child == 0) {
    kill(getpid(), 40);
    _exit(0);
  }
  reap("signal 40", child);
  return 0;
}
