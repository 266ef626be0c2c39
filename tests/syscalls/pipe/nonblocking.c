/* O_NONBLOCK: EAGAIN when empty or full, whole writes up to PIPE_BUF, partial ones above. */
#include "check.h"
#include <sys/ioctl.h>

static char bytes[1 << 17];

int main(void) {
  int ends[2];
  RESULT(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  IS((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
  IS((fcntl(ends[0], F_GETFL) & O_ACCMODE) == O_RDONLY);
  IS((fcntl(ends[1], F_GETFL) & O_ACCMODE) == O_WRONLY);
  IS(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && fcntl(ends[1], F_GETFD) == FD_CLOEXEC);
  RESULT(read(ends[0], bytes, 10));
  RESULT(write(ends[1], bytes, sizeof bytes));
  RESULT(write(ends[1], bytes, 1));
  RESULT(write(ends[1], bytes, 4096));
  int waiting = -1;
  RESULT(ioctl(ends[0], FIONREAD, &waiting));
  say("%d bytes wait\n", waiting);
  RESULT(ioctl(ends[0], TIOCGWINSZ, bytes));
  RESULT(read(ends[0], bytes, 4096));
  RESULT(write(ends[1], bytes, 4096));
  RESULT(write(ends[1], bytes, 4096));
  long total = 0, count;
  while ((count = read(ends[0], bytes, 10000)) > 0) total += count;
  say("drained %ld, then %s\n", total, error_name(errno));
  RESULT(write(ends[1], "", 0));
  RESULT(read(ends[0], bytes, 0));
  RESULT(read(ends[0], bytes, 1));
  close(ends[1]);
  RESULT(read(ends[0], bytes, 1));
  return 0;
}
