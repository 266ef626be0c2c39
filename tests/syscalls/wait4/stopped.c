/* wait4 with WUNTRACED and WCONTINUED: each change is told once; SIGKILL ends a stopped child. */
#include "check.h"

static volatile int codes[16], count;
static void on_child(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  if (count < 16) codes[count++] = info->si_code;
}

static int waits(void) {
  for (;;) pause();
}

static void wait_for(const char *what, pid_t child, int options) {
  int status;
  pid_t got;
  do got = waitpid(child, &status, options);
  while (got < 0 && errno == EINTR);
  IS(got == child);
  show_status(what, status);
}

int main(void) {
  int status;
  handle_info(SIGCHLD, on_child, 0);
  pid_t child = spawn(waits);
  NEED(setpgid(child, child) == 0); /* an orphaned group would not stop for SIGTSTP */
  RESULT(kill(child, SIGSTOP));
  wait_for("after SIGSTOP", child, WUNTRACED);
  RESULT(waitpid(child, &status, WUNTRACED | WNOHANG));
  RESULT(kill(child, SIGCONT));
  wait_for("after SIGCONT", child, WCONTINUED);
  RESULT(waitpid(child, &status, WCONTINUED | WNOHANG));
  RESULT(kill(child, SIGTSTP));
  wait_for("after SIGTSTP", child, WUNTRACED | WCONTINUED);
  RESULT(kill(child, SIGTERM));
  RESULT(waitpid(child, &status, WNOHANG));
  RESULT(kill(child, SIGCONT));
  wait_for("after SIGTERM and SIGCONT", child, 0);
  int seen[8] = {0};
  for (int i = 0; i < count; i++) seen[codes[i] & 7]++;
  IS(seen[CLD_STOPPED] >= 1 && count <= 5); /* several may merge into one */

  handle(SIGCHLD, SIG_DFL, 0);
  child = spawn(waits);
  kill(child, SIGSTOP);
  wait_for("second", child, WUNTRACED);
  kill(child, SIGKILL);
  wait_for("second", child, WUNTRACED);
  return 0;
}
