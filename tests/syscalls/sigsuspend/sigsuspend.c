/* sigsuspend and pause: wait with another mask, return EINTR after the handler, restore the mask. */
#include "check.h"

static volatile int handled, count;
static void on_signal(int number) {
  handled = number;
  count++;
}

int main(void) {
  sigset_t blocked, open_mask, now;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGUSR2);
  handle(SIGUSR1, on_signal, SA_RESTART);
  handle(SIGUSR2, on_signal, SA_RESTART);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  raise(SIGUSR1);
  RESULT(sigsuspend(&open_mask));
  say("handled %s\n", signal_name(handled));
  sigprocmask(SIG_BLOCK, 0, &now);
  IS(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));

  /* A hundred signals between two processes, none lost: each waits for the other's. */
  pid_t parent = getpid(), child = fork();
  count = 0;
  pid_t peer = child ? child : parent;
  if (child) kill(peer, SIGUSR1);
  for (int turn = 0; turn < 50; turn++) {
    int before = count;
    while (count == before) sigsuspend(&open_mask);
    if (turn < 49 || !child) kill(peer, SIGUSR1);
  }
  if (child == 0) _exit(count);
  reap("child counted", child);
  say("parent counted %d\n", count);

  /* An ignored signal does not end it, one that stays blocked neither. */
  child = fork();
  if (child == 0) {
    signal(SIGHUP, SIG_IGN);
    sigset_t only = open_mask;
    sigaddset(&only, SIGUSR2);
    raise(SIGUSR2);
    pid_t helper = fork();
    if (helper == 0) {
      sleep_ms(10);
      kill(getppid(), SIGHUP);
      sleep_ms(10);
      kill(getppid(), SIGUSR1);
      _exit(0);
    }
    handled = 0;
    RESULT(sigsuspend(&only));
    say("handled %s\n", signal_name(handled));
    sigpending(&now);
    IS(sigismember(&now, SIGUSR2));
    reap("helper", helper);
    _exit(0);
  }
  reap("child", child);
  RESULT(syscall(SYS_rt_sigsuspend, bad_pointer(), 8));
  RESULT(syscall(SYS_rt_sigsuspend, &open_mask, 3));
  return 0;
}
