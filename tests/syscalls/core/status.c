/* The status of who dies of a signal that dumps core: the bit needs a limit, and a process that
 * may be dumped. */
#include "check.h"
#include <sys/prctl.h>

static rlim_t limit;
static int signal_number, dumpable = 1;
static int dies(void) {
  struct rlimit core = {limit, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &core);
  prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
  raise(signal_number);
  return 0;
}
static void show(const char *what, int number) {
  int status;
  siginfo_t info;
  signal_number = number;
  pid_t child = spawn(dies);
  NEED(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
  NEED(waitpid(child, &status, 0) == child);
  say("%s, %s: dumped %d, %s\n", what, signal_name(WTERMSIG(status)), !!WCOREDUMP(status),
      info.si_code == CLD_DUMPED ? "CLD_DUMPED" : "CLD_KILLED");
}

int main(void) {
  int numbers[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
                   SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS, SIGTERM, SIGUSR1};
  for (int i = 0; i < 12; i++) show("limit 0", numbers[i]);
  limit = 100 << 20;
  for (int i = 0; i < 12; i++) show("100 MiB", numbers[i]);
  dumpable = 0;
  show("not dumpable", SIGQUIT);
  dumpable = 1;
  limit = 100;
  show("100 bytes", SIGQUIT);
  return 0;
}
