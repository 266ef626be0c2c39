/* Stress: trees of processes that die in every way while their parents wait in every way; what is
 * counted does not depend on the order. */
#include "check.h"

static volatile int children_gone;
static void on_child(int number) { children_gone += number == SIGCHLD; }

static int tree(int depth, int self) {
  int sum = self;
  pid_t children[3];
  for (int i = 0; i < 3 && depth > 0; i++) {
    children[i] = fork();
    NEED(children[i] >= 0);
    if (children[i] == 0) {
      int own = tree(depth - 1, i + 1);
      if (depth == 1 && i == 2) {
        raise(SIGTERM);
        _exit(99);
      }
      _exit(own);
    }
  }
  for (int left = depth > 0 ? 3 : 0; left > 0;) {
    int status;
    pid_t pid = left % 2 ? wait(&status) : waitpid(-1, &status, WNOHANG);
    if (pid < 0) NEED(errno == EINTR);
    if (pid <= 0) {
      sched_yield();
      continue;
    }
    sum += WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) == SIGTERM ? 10 : 1000;
    left--;
  }
  return sum & 255;
}

int main(void) {
  handle(SIGCHLD, on_child, SA_RESTART);
  say("tree of depth 3: %d\n", tree(3, 0));
  IS(children_gone > 0);
  handle(SIGCHLD, SIG_DFL, 0);
  int ends[2], killed = 0, exited = 0;
  NEED(pipe(ends) == 0);
  pid_t children[20];
  for (int i = 0; i < 20; i++) {
    children[i] = fork();
    if (children[i]) continue;
    char byte;
    close(ends[1]);
    if (i % 3 == 0) read(ends[0], &byte, 1);
    else if (i % 3 == 1) pause();
    else sleep_ms(10000);
    _exit(5);
  }
  close(ends[0]);
  for (int i = 0; i < 20; i++)
    if (i % 3) kill(children[i], i % 2 ? SIGKILL : SIGTERM);
  close(ends[1]);
  for (int i = 0; i < 20; i++) {
    int status;
    NEED(waitpid(children[i], &status, 0) == children[i]);
    killed += WIFSIGNALED(status);
    exited += WIFEXITED(status) && WEXITSTATUS(status) == 5;
  }
  say("killed %d, exited %d\n", killed, exited);
  int status;
  RESULT(wait(&status));
  return 0;
}
