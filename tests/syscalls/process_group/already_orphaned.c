/* A stopped process of a group that was orphaned before stays stopped when another process of its
 * group ends: SIGHUP and SIGCONT are for groups that become orphaned (POSIX _exit). */
#include "check.h"

int main(void) {
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    pid_t stopped = fork();
    if (stopped == 0) {
      raise(SIGSTOP);
      _exit(3);
    }
    int status;
    NEED(waitpid(stopped, &status, WUNTRACED) == stopped);
    show_status("stopped", status);
    pid_t other = fork();
    if (other == 0) _exit(0);
    reap("other", other);
    IS(waitpid(stopped, &status, WNOHANG | WCONTINUED) == 0);
    kill(stopped, SIGCONT);
    reap("continued", stopped);
    _exit(4);
  }
  reap("leader", leader);
  return 0;
}
