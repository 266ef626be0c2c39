/* close_range: closes, or marks, a range; a shared table is copied first on request.
 * qemu differs: it has no clone with CLONE_FILES and without CLONE_VM. */
#include "check.h"
#include <linux/close_range.h>

static void show(const char *what) {
  say("%s:", what);
  for (int fd = 10; fd < 20; fd++) {
    int flags = fcntl(fd, F_GETFD);
    say(" %s", flags < 0 ? "-" : flags == FD_CLOEXEC ? "exec" : "open");
  }
  say("\n");
}

static void fill(void) {
  for (int fd = 10; fd < 20; fd++) NEED(dup2(0, fd) == fd);
}

static int shared(void *argument) {
  RESULT(close_range(12, 13, CLOSE_RANGE_UNSHARE));
  show("copy");
  return 0;
}

int main(void) {
  static char stack[65536];
  fill();
  show("before");
  RESULT(close_range(12, 14, 0));
  show("closed");
  RESULT(close_range(16, 17, CLOSE_RANGE_CLOEXEC));
  show("marked");
  RESULT(close_range(18, ~0U, 0));
  show("to the end");
  RESULT(close_range(100, 200, 0));
  RESULT(close_range(14, 13, 0));
  RESULT(close_range(10, 11, 0x100));
  fill();
  pid_t child = clone(shared, stack + sizeof stack, CLONE_FILES | SIGCHLD, 0);
  NEED(child > 0);
  reap("child", child);
  show("original");
  return 0;
}
