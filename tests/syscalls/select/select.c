/* select and pselect: sets in and out, time limits, EBADF, EINVAL, EINTR, the mask. */
#include "check.h"
#include <sys/select.h>

static volatile int handled;
static void on_signal(int number) { handled = number; }

int main(void) {
  int one[2], two[2];
  NEED(pipe(one) == 0 && pipe(two) == 0);
  fd_set in, out;
  struct timeval limit = {0, 20000};
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(one[0], &in);
  FD_SET(two[0], &in);
  long start = now_ms();
  RESULT(select(two[0] + 1, &in, 0, 0, &limit));
  IS(now_ms() - start >= 20);
  IS(!FD_ISSET(one[0], &in) && !FD_ISSET(two[0], &in));
  NEED(write(two[1], "x", 1) == 1);
  FD_SET(one[0], &in);
  FD_SET(two[0], &in);
  FD_SET(one[1], &out);
  RESULT(select(two[1] + 1, &in, &out, 0, 0));
  say("%d %d %d\n", !!FD_ISSET(one[0], &in), !!FD_ISSET(two[0], &in), !!FD_ISSET(one[1], &out));
  FD_ZERO(&in);
  FD_SET(two[0], &in);
  RESULT(select(two[0], &in, 0, 0, &(struct timeval){0, 0}));
  RESULT(select(-1, &in, 0, 0, 0));
  RESULT(select(0, 0, 0, 0, &(struct timeval){0, 1000}));
  FD_ZERO(&in);
  /* Below 64: Linux looks no further than its descriptor table is long, which is at least that. */
  FD_SET(60, &in);
  RESULT(select(61, &in, 0, 0, 0));
  close(one[1]);
  FD_ZERO(&in);
  FD_SET(one[0], &in);
  RESULT(select(one[0] + 1, &in, 0, 0, 0));
  RESULT(syscall(SYS_pselect6, 5, bad_pointer(), 0, 0, 0, 0));

  handle(SIGALRM, on_signal, SA_RESTART);
  alarm_every_ms(20);
  NEED(read(two[0], &(char){0}, 1) == 1);
  FD_ZERO(&in);
  FD_SET(two[0], &in);
  RESULT(select(two[0] + 1, &in, 0, 0, 0));
  alarm_every_ms(0);
  sigset_t blocked, open_mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  handle(SIGUSR1, on_signal, 0);
  raise(SIGUSR1);
  handled = 0;
  FD_ZERO(&in);
  FD_SET(two[0], &in);
  RESULT(pselect(two[0] + 1, &in, 0, 0, &(struct timespec){0, 1000000}, &blocked));
  say("handled %d\n", handled);
  RESULT(pselect(two[0] + 1, &in, 0, 0, 0, &open_mask));
  say("handled %s\n", signal_name(handled));
  return 0;
}
