/* SIGCHLD: what its siginfo tells; SA_NOCLDSTOP, SA_NOCLDWAIT, ignored; with and without a wait.
 * qemu differs: version 7.2 passes SA_NOCLDSTOP and SA_NOCLDWAIT not on. */
#include "check.h"

static volatile int codes[32], statuses[32], mine[32], number_of;
static volatile pid_t expected;
static void on_child(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  if (number_of == 32) return;
  codes[number_of] = info->si_code;
  statuses[number_of] = info->si_status;
  mine[number_of++] = info->si_pid == expected && info->si_uid == getuid();
}

static int waits(void) {
  for (;;) pause();
}
static int nine(void) { return 9; }

/* SIGCHLD is blocked but here. */
static void await(int count) {
  sigset_t mask;
  sigfillset(&mask);
  sigdelset(&mask, SIGCHLD);
  while (number_of < count) sigsuspend(&mask);
}
static void show(const char *what) {
  static const char *names[] = {"?", "exited", "killed", "dumped", "trapped", "stopped",
                                "continued"};
  say("%s:", what);
  for (int i = 0; i < number_of; i++) {
    say(" %s %d%s", names[codes[i]], statuses[i], mine[i] ? "" : " of another");
  }
  say("\n");
  number_of = 0;
}

static void stop_and_go(void) {
  int status;
  kill(expected, SIGSTOP);
  NEED(waitpid(expected, &status, WUNTRACED) == expected && WIFSTOPPED(status));
  kill(expected, SIGCONT);
  NEED(waitpid(expected, &status, WCONTINUED) == expected && WIFCONTINUED(status));
}

int main(void) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &old);
  handle_info(SIGCHLD, on_child, 0);
  expected = spawn(nine);
  await(1);
  show("exit");
  IS(waitpid(expected, 0, 0) == expected);
  expected = spawn(waits);
  kill(expected, SIGSTOP);
  await(1);
  kill(expected, SIGCONT);
  await(2);
  kill(expected, SIGTERM);
  await(3);
  show("stop, continue, kill");
  IS(waitpid(expected, 0, 0) == expected);

  handle_info(SIGCHLD, on_child, SA_NOCLDSTOP);
  expected = spawn(waits);
  stop_and_go();
  kill(expected, SIGKILL);
  await(1);
  show("SA_NOCLDSTOP");
  IS(waitpid(expected, 0, 0) == expected);

  handle_info(SIGCHLD, on_child, SA_NOCLDWAIT);
  expected = spawn(nine);
  await(1);
  show("SA_NOCLDWAIT");
  RESULT(waitpid(expected, 0, 0));
  pid_t two[2] = {spawn(nine), spawn(nine)};
  RESULT(waitpid(-1, 0, 0));
  (void)two;
  sigset_t pending;
  sigpending(&pending);
  IS(sigismember(&pending, SIGCHLD));
  number_of = 0;

  signal(SIGCHLD, SIG_IGN);
  spawn(nine);
  RESULT(wait(0));
  sigpending(&pending);
  IS(sigismember(&pending, SIGCHLD));
  expected = spawn(waits);
  stop_and_go();
  kill(expected, SIGKILL);
  RESULT(waitpid(expected, 0, 0));

  /* A zombie from before is waited for all the same. */
  signal(SIGCHLD, SIG_DFL);
  expected = spawn(nine);
  siginfo_t info;
  NEED(waitid(P_PID, expected, &info, WEXITED | WNOWAIT) == 0);
  signal(SIGCHLD, SIG_IGN);
  int status;
  IS(waitpid(expected, &status, 0) == expected);
  show_status("zombie", status);
  return 0;
}
