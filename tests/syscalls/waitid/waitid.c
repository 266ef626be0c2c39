/* waitid: what it tells of an end, a stop and a continuation; waiting; WNOHANG; errors. */
#include "check.h"

static int waits(void) {
  for (;;) pause();
}
static int late(void) {
  sleep_ms(20);
  return 9;
}

static void show(const char *what, idtype_t type, pid_t child, int options) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result = waitid(type, (id_t)child, &info, options);
  if (result) {
    say("%s: %s\n", what, error_name(errno));
    return;
  }
  const char *codes[] = {"nothing", "exited", "killed", "dumped", "trapped", "stopped",
                         "continued"};
  say("%s: %s, status %d, signal %s, the child %d\n", what, codes[info.si_code], info.si_status,
      info.si_signo ? signal_name(info.si_signo) : "none", info.si_pid == child);
}

int main(void) {
  pid_t child = spawn(late);
  show("not yet", P_PID, child, WEXITED | WNOHANG);
  show("waiting", P_PID, child, WEXITED);
  show("again", P_PID, child, WEXITED);
  child = spawn(waits);
  NEED(setpgid(child, child) == 0);
  kill(child, SIGSTOP);
  show("stopped", P_ALL, child, WSTOPPED);
  show("once only", P_PID, child, WSTOPPED | WNOHANG);
  kill(child, SIGCONT);
  show("continued", P_PGID, child, WCONTINUED);
  kill(child, SIGKILL);
  show("left to be waited for", P_PID, child, WEXITED | WNOWAIT);
  show("killed", P_PID, child, WEXITED);
  show("no options", P_PID, child, 0);
  show("unknown option", P_PID, child, WEXITED | 0x100);
  RESULT(waitid(77, 1, 0, WEXITED));
  child = spawn(late);
  RESULT(waitid(P_PID, (id_t)child, 0, WEXITED));
  child = spawn(late);
  RESULT(waitid(P_PID, (id_t)child, bad_pointer(), WEXITED));
  return 0;
}
