/* poll and signals: EINTR whatever SA_RESTART says; ppoll swaps the mask while it waits. */
#include "check.h"
#include <poll.h>

static volatile int handled;
static void on_signal(int number) { handled = number; }

int main(void) {
  int ends[2];
  NEED(pipe(ends) == 0);
  struct pollfd entry = {ends[0], POLLIN, 0};
  handle(SIGALRM, on_signal, SA_RESTART);
  alarm_every_ms(20);
  RESULT(poll(&entry, 1, -1));
  RESULT(poll(&entry, 1, 10000));
  alarm_every_ms(0);

  sigset_t blocked, open_mask, now;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  handle(SIGUSR1, on_signal, 0);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  handled = 0;
  raise(SIGUSR1);
  RESULT(poll(&entry, 1, 10));
  say("handled %d\n", handled);
  struct timespec limit = {5, 0};
  RESULT(ppoll(&entry, 1, &limit, &open_mask));
  say("handled %s\n", signal_name(handled));
  sigprocmask(SIG_BLOCK, 0, &now);
  IS(sigismember(&now, SIGUSR1));

  handled = 0;
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    sleep_ms(20);
    kill(parent, SIGUSR1);
    _exit(0);
  }
  RESULT(ppoll(&entry, 1, 0, &open_mask));
  say("handled %s\n", signal_name(handled));
  reap("child", child);

  /* With something ready the mask matters for the moment only: a pending signal stays pending. */
  handled = 0;
  NEED(write(ends[1], "x", 1) == 1);
  struct timespec zero = {0, 0};
  RESULT(ppoll(&entry, 1, &zero, &blocked));
  say("handled %d\n", handled);
  signal(SIGALRM, SIG_IGN);
  close(ends[1]);
  int quiet[2];
  NEED(pipe(quiet) == 0);
  entry.fd = quiet[0];
  alarm_every_ms(5);
  RESULT(poll(&entry, 1, 40));
  alarm_every_ms(0);
  return 0;
}
