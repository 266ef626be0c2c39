/* Several pending signals: standard ones merge and come lowest number first, realtime ones queue. */
#include "check.h"

static int order[64], values[64];
static volatile int count;

static void on_info(int number, siginfo_t *info, void *context) {
  (void)context;
  if (count < 64) order[count] = number, values[count++] = info->si_value.sival_int;
}

static void show(const char *what) {
  say("%s:", what);
  for (int i = 0; i < count; i++) {
    if (order[i] >= SIGRTMIN) say(" RT+%d(%d)", order[i] - SIGRTMIN, values[i]);
    else say(" %s", signal_name(order[i]));
  }
  say("\n");
  count = 0;
}

int main(void) {
  sigset_t all, old, pending;
  sigfillset(&all);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_info;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  int numbers[] = {SIGUSR2, SIGHUP, SIGUSR1, SIGTERM, SIGRTMIN + 2, SIGRTMIN};
  for (int i = 0; i < 6; i++) NEED(sigaction(numbers[i], &action, 0) == 0);

  sigprocmask(SIG_BLOCK, &all, &old);
  for (int i = 0; i < 3; i++) {
    kill(getpid(), SIGUSR1);
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i});
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
  }
  NEED(sigpending(&pending) == 0);
  say("pending: USR1 %d RT+2 %d RT+1 %d\n", sigismember(&pending, SIGUSR1),
      sigismember(&pending, SIGRTMIN + 2), sigismember(&pending, SIGRTMIN + 1));
  sigprocmask(SIG_SETMASK, &old, 0);
  int standard = 0, last[2] = {-1, 9}, queued = 0, ordered = 1;
  for (int i = 0; i < count; i++) {
    standard += order[i] == SIGUSR1;
    if (order[i] < SIGRTMIN) continue;
    int which = order[i] == SIGRTMIN;
    ordered &= values[i] == last[which] + 1;
    last[which] = values[i];
    queued++;
  }
  say("USR1 %d times, realtime %d times, in order %d\n", standard, queued, ordered);
  count = 0;

  sigprocmask(SIG_BLOCK, &all, &old);
  kill(getpid(), SIGUSR2);
  kill(getpid(), SIGHUP);
  signal(SIGHUP, SIG_IGN);
  sigpending(&pending);
  say("ignoring discards: HUP pending %d\n", sigismember(&pending, SIGHUP));
  sigprocmask(SIG_SETMASK, &old, 0);
  show("left");
  sigprocmask(SIG_BLOCK, &all, &old);
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 77});
  siginfo_t info;
  struct timespec zero = {0, 0};
  IS(sigtimedwait(&all, &info, &zero) == SIGRTMIN && info.si_value.sival_int == 77);
  RESULT(sigtimedwait(&all, &info, &zero));
  struct timespec limit = {0, 20000000};
  RESULT(sigtimedwait(&all, &info, &limit));
  return 0;
}
