/* wait4: how a child ended, WNOHANG, ECHILD, bad arguments, zombies and rusage. */
#include "check.h"

static int seven(void) { return 7; }
static int big(void) { _exit(0x1234); }
static int aborts(void) { abort(); }
static int killed(void) {
  kill(getpid(), SIGKILL);
  return 0;
}
static int waits(void) {
  for (;;) pause();
}

int main(void) {
  int status;
  RESULT(wait(&status));
  RESULT(waitpid(-1, &status, WNOHANG));
  reap("exit 7", spawn(seven));
  reap("exit 0x1234", spawn(big));
  reap("abort", spawn(aborts));
  reap("SIGKILL", spawn(killed));
  pid_t child = spawn(waits);
  RESULT(waitpid(child, &status, WNOHANG));
  RESULT(waitpid(-1, &status, WNOHANG));
  RESULT(waitpid(child, &status, 0x1000));
  kill(child, SIGTERM);
  IS(waitpid(-1, &status, 0) == child);
  show_status("SIGTERM", status);
  RESULT(waitpid(child, &status, 0));
  RESULT(waitpid(getpid(), &status, 0));
  RESULT(waitpid(1 << 30, &status, 0));
  RESULT(waitpid(-(1 << 30), &status, 0));

  child = spawn(seven);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  RESULT(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
  IS(info.si_pid == child && info.si_code == CLD_EXITED && info.si_status == 7);
  RESULT(kill(child, 0));
  IS(wait(0) == child);
  RESULT(kill(child, 0));
  RESULT(waitid(P_ALL, 0, &info, WEXITED));
  RESULT(waitid(P_PID, 1, &info, 0));

  struct rusage usage;
  child = spawn(seven);
  IS(wait4(child, &status, 0, &usage) == child);
  IS(usage.ru_utime.tv_sec < 10 && usage.ru_stime.tv_sec < 10);
  IS(usage.ru_utime.tv_usec >= 0 && usage.ru_utime.tv_usec < 1000000);
  child = spawn(seven);
  RESULT(wait4(child, bad_pointer(), 0, 0));
  RESULT(waitpid(child, &status, 0));

  /* A process that ignores SIGCHLD has no zombies: wait lasts until all have gone. */
  signal(SIGCHLD, SIG_IGN);
  child = spawn(seven);
  RESULT(waitpid(child, &status, 0));
  return 0;
}
