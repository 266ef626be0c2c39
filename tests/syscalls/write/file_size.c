/* RLIMIT_FSIZE: up to the limit, then EFBIG and SIGXFSZ. */
#include "check.h"

static volatile int signals;
static void count(int number) { signals += number == SIGXFSZ; }

int main(void) {
  char bytes[100];
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  handle(SIGXFSZ, count, 0);
  struct rlimit limit = {150, 1000};
  NEED(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  RESULT(write(fd, bytes, 100));
  RESULT(write(fd, bytes, 100));
  say("signals %d\n", signals);
  RESULT(write(fd, bytes, 100));
  say("signals %d\n", signals);
  RESULT(write(fd, bytes, 0));
  RESULT(pwrite(fd, bytes, 10, 145));
  RESULT(pwrite(fd, bytes, 10, 150));
  struct iovec parts[2] = {{bytes, 30}, {bytes, 30}};
  RESULT(pwritev(fd, parts, 2, 100));
  RESULT(ftruncate(fd, 151));
  RESULT(ftruncate(fd, 150));
  RESULT(truncate("file", 151));
  RESULT(fallocate(fd, 0, 0, 151));
  RESULT(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 151));
  RESULT(fallocate(fd, 0, 0, 150));
  RESULT(pwrite(fd, bytes, 1, 0));
  say("signals %d\n", signals);
  int ends[2];
  NEED(pipe(ends) == 0);
  for (int i = 0; i < 3; i++) NEED(write(ends[1], bytes, 100) == 100);
  RESULT(read(ends[0], bytes, 100));
  handle(SIGXFSZ, SIG_DFL, 0);
  pid_t child = fork();
  if (child == 0) _exit((int)pwrite(fd, bytes, 10, 150));
  reap("child", child);
  return 0;
}
