/* What a child inherits (handlers, mask, umask, directory, limits) and what not (pending, alarm). */
#include "check.h"

static volatile int handled;
static void on_signal(int number) { handled = number; }

static int child(void) {
  struct sigaction action;
  sigset_t mask, pending;
  NEED(sigaction(SIGUSR1, 0, &action) == 0);
  IS(action.sa_handler == on_signal);
  NEED(sigaction(SIGHUP, 0, &action) == 0);
  IS(action.sa_handler == SIG_IGN);
  NEED(sigprocmask(SIG_BLOCK, 0, &mask) == 0);
  IS(sigismember(&mask, SIGUSR1));
  IS(sigismember(&mask, SIGTERM));
  NEED(sigpending(&pending) == 0);
  IS(sigismember(&pending, SIGUSR1));
  struct itimerval timer;
  NEED(getitimer(ITIMER_REAL, &timer) == 0);
  IS(timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0);
  say("umask %o\n", (unsigned)umask(0));
  char path[100];
  NEED(getcwd(path, sizeof path));
  IS(strstr(path, "/inner") != 0);
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  say("limit %ld\n", (long)limit.rlim_cur);
  raise(SIGUSR1);
  say("handled %d\n", handled);
  sigemptyset(&mask);
  sigprocmask(SIG_SETMASK, &mask, 0);
  say("handled %s\n", signal_name(handled));
  return 0;
}

int main(void) {
  NEED(mkdir("inner", 0755) == 0 && chdir("inner") == 0);
  umask(0037);
  struct rlimit limit = {100, 200};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  handle(SIGUSR1, on_signal, 0);
  signal(SIGHUP, SIG_IGN);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &mask, 0) == 0);
  raise(SIGUSR1);
  alarm(100);
  reap("child", spawn(child));
  IS(alarm(0) > 90);
  say("parent handled %d\n", handled);
  return 0;
}
