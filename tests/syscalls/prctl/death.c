/* PR_SET_PDEATHSIG: the signal comes when the parent dies. Orphans go to the nearest subreaper,
 * and to process 1 without one; getppid follows.
 * qemu differs: version 7.2 knows no PR_SET_CHILD_SUBREAPER. */
#include "check.h"
#include <sys/prctl.h>

static volatile int got, code, from;
static pid_t middle_id;
static void on_death(int number, siginfo_t *info, void *context) {
  (void)context;
  got = number;
  code = info->si_code;
  from = info->si_pid == middle_id;
}

int main(void) {
  Gate ready = new_gate(), done = new_gate(), told = new_gate();
  pid_t me = getpid();
  NEED(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
  pid_t middle = fork();
  if (middle == 0) {
    middle_id = getpid();
    if (fork() == 0) {
      sigset_t usr, old;
      sigemptyset(&usr);
      sigaddset(&usr, SIGUSR1);
      sigprocmask(SIG_BLOCK, &usr, &old);
      handle_info(SIGUSR1, on_death, 0);
      RESULT(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0));
      open_gate(&ready);
      while (!got) sigsuspend(&old);
      pass_gate(&told);
      say("got %s, SI_USER %d, from the parent %d\n", signal_name(got), code == SI_USER, from);
      IS(getppid() == me);
      open_gate(&done);
      _exit(17);
    }
    pass_gate(&ready);
    _exit(3);
  }
  reap("middle", middle);
  open_gate(&told);
  pass_gate(&done);
  int status;
  IS(waitpid(-1, &status, 0) > 0);
  show_status("orphan", status);
  RESULT(waitpid(-1, &status, 0));

  NEED(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0);
  middle = fork();
  if (middle == 0) {
    if (fork() == 0) {
      pass_gate(&ready);
      IS(getppid() != me);
      open_gate(&done);
      _exit(0);
    }
    _exit(4);
  }
  reap("middle", middle);
  open_gate(&ready);
  pass_gate(&done);
  RESULT(waitpid(-1, &status, 0));
  return 0;
}
