/* Job control without a terminal: SIGTSTP stops no orphaned group, SIGSTOP does; a stopped group
 * that becomes orphaned gets SIGHUP and SIGCONT (POSIX _exit). */
#include "check.h"

static volatile int hangups, continues;
static void on_signal(int number) {
  hangups += number == SIGHUP;
  continues += number == SIGCONT;
}

int main(void) {
  Gate ready = new_gate();
  pid_t child = fork();
  if (child == 0) {
    setsid();
    raise(SIGTSTP);
    raise(SIGTTIN);
    say("an orphaned group does not stop\n");
    raise(SIGSTOP);
    _exit(6);
  }
  int status;
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status("child", status);
  kill(child, SIGCONT);
  reap("child", child);

  Gate go = new_gate(), done = new_gate();
  pid_t parent = fork();
  if (parent == 0) {
    pid_t stopped = fork();
    if (stopped == 0) {
      setpgid(0, 0);
      handle(SIGHUP, on_signal, 0);
      handle(SIGCONT, on_signal, 0);
      open_gate(&ready);
      raise(SIGSTOP);
      while (!hangups) sleep_ms(1);
      pass_gate(&go);
      say("hangups %d, continues %d\n", hangups, continues);
      open_gate(&done);
      _exit(0);
    }
    pass_gate(&ready);
    NEED(waitpid(stopped, &status, WUNTRACED) == stopped);
    show_status("grandchild", status);
    _exit(7);
  }
  reap("parent of the stopped group", parent);
  open_gate(&go);
  pass_gate(&done);
  return 0;
}
