/* RLIMIT_NOFILE: EMFILE from every call that makes a descriptor, EBADF and EINVAL beyond it. */
#include "check.h"
#include <sys/eventfd.h>
#include <sys/inotify.h>

int main(void) {
  int ends[2];
  for (int fd = 3; fd < 16; fd++) close(fd);
  struct rlimit limit = {8, 8};
  NEED(mkfifo("fifo", 0600) == 0);
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(dup2(0, 8));
  RESULT(dup3(0, 8, 0));
  RESULT(fcntl(0, F_DUPFD, 8));
  RESULT(fcntl(0, F_DUPFD, 7));
  RESULT(fcntl(0, F_DUPFD, 7));
  RESULT(fcntl(0, F_DUPFD, -1));
  while (dup(0) >= 0) continue;
  RESULT(dup(0));
  RESULT(fcntl(0, F_DUPFD_CLOEXEC, 0));
  RESULT(open(".", O_RDONLY));
  RESULT(open("created", O_RDWR | O_CREAT, 0600));
  RESULT(access("created", F_OK));
  RESULT(pipe(ends));
  RESULT(eventfd(0, 0));
  RESULT(inotify_init1(0));
  RESULT(dup2(0, 7));
  close(7);
  RESULT(pipe(ends));
  RESULT(dup2(0, 7));
  RESULT(dup3(0, 0, 0));
  RESULT(dup2(0, 0));
  RESULT(dup2(99, 5));
  RESULT(dup3(0, 5, 1));
  return 0;
}
