/* Process 1 of the systems under test: reaps orphans, nothing else. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static void on_child(int number) { (void)number; }

int main(void) {
  sigset_t blocked, open_mask;
  struct sigaction action = {.sa_handler = on_child};
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  sigaction(SIGCHLD, &action, 0);
  for (;;) {
    while (waitpid(-1, 0, WNOHANG) > 0) continue;
    sigsuspend(&open_mask);
  }
}
