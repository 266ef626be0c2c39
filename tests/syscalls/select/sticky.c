/* personality(2) with STICKY_TIMEOUTS: select, pselect6 and ppoll leave the timeout as it was. */
#include "check.h"
#include <poll.h>
#include <sys/personality.h>

static long select_with(struct timespec *limit) {
  return syscall(SYS_pselect6, 0, 0, 0, 0, limit, 0);
}
static long poll_with(struct timespec *limit) { return syscall(SYS_ppoll, 0, 0, limit, 0, 8); }

static void show(const char *what, long (*call)(struct timespec *)) {
  struct timespec limit = {0, 1000000};
  RESULT(call(&limit));
  say("%s: left as it was %d, used up %d\n", what, limit.tv_nsec == 1000000, limit.tv_nsec == 0);
}

int main(void) {
  show("select", select_with);
  show("poll", poll_with);
  NEED(personality(PER_LINUX | STICKY_TIMEOUTS) != -1);
  show("sticky select", select_with);
  show("sticky poll", poll_with);
  IS((personality(0xffffffff) & STICKY_TIMEOUTS) != 0);
  NEED(personality(PER_LINUX) != -1);
  show("select again", select_with);
  return 0;
}
