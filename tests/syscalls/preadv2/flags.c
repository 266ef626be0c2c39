/* preadv2 and pwritev2: offsets, positions and RWF_ flags.
 * qemu differs: it passes no flags on. */
#include "check.h"

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  int ends[2];
  char bytes[16] = "";
  struct iovec out[2] = {{"abc", 3}, {"defg", 4}};
  struct iovec in[2] = {{bytes, 2}, {bytes + 2, 10}};
  RESULT(pwritev2(fd, out, 2, 2, 0));
  RESULT(lseek(fd, 0, SEEK_CUR));
  RESULT(preadv2(fd, in, 2, 0, 0));
  IS(memcmp(bytes, "\0\0abcdefg", 9) == 0);
  RESULT(preadv2(fd, in, 2, -1, 0));
  RESULT(lseek(fd, 0, SEEK_CUR));
  RESULT(pwritev2(fd, out, 1, -1, RWF_SYNC));
  RESULT(lseek(fd, 0, SEEK_CUR));
  RESULT(pwritev2(fd, out, 1, 0, RWF_APPEND));
  RESULT(pwritev2(fd, out, 1, -1, RWF_APPEND | RWF_DSYNC));
  RESULT(lseek(fd, 0, SEEK_CUR));
  RESULT(lseek(fd, 0, SEEK_END));
  RESULT(preadv2(fd, in, 2, 0, RWF_HIPRI));
  RESULT(preadv2(fd, in, 2, 0, 0x4000));
  RESULT(pwritev2(fd, out, 2, 0, 0x4000));
  RESULT(preadv2(fd, in, 2, -2, 0));
  RESULT(pwritev2(fd, out, 2, -2, 0));
  RESULT(preadv2(fd, in, -1, 0, 0));
  RESULT(preadv2(fd, in, 1025, 0, 0));
  RESULT(preadv2(fd, bad_pointer(), 1, 0, 0));
  RESULT(pwritev2(fd, bad_pointer(), 1, 0, 0));
  struct iovec bad = {bad_pointer(), 5};
  RESULT(preadv2(fd, &bad, 1, 0, 0));
  RESULT(pwritev2(fd, &bad, 1, 0, 0));
  RESULT(preadv2(99, in, 2, 0, 0));
  RESULT(preadv2(open("file", O_WRONLY), in, 2, 0, 0));
  RESULT(pwritev2(open("file", O_RDONLY), out, 2, 0, 0));
  NEED(pipe(ends) == 0);
  RESULT(preadv2(ends[0], in, 2, 0, 0));
  RESULT(preadv2(ends[0], in, 2, -1, RWF_NOWAIT));
  RESULT(pwritev2(ends[1], out, 2, 0, 0));
  RESULT(pwritev2(ends[1], out, 2, -1, 0));
  RESULT(preadv2(ends[0], in, 2, -1, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(10);
    _exit(write(ends[1], "late", 4) != 4);
  }
  RESULT(preadv2(ends[0], in, 2, -1, 0));
  reap("writer", child);
  NEED(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
  static char page[4096];
  NEED(write(ends[1], page, sizeof page) == sizeof page);
  child = fork();
  if (child == 0) {
    sleep_ms(10);
    _exit(read(ends[0], page, sizeof page) != sizeof page);
  }
  RESULT(pwritev2(ends[1], out, 2, -1, 0));
  reap("reader", child);
  RESULT(preadv(ends[0], in, 2, 0));
  RESULT(pwritev(ends[1], out, 2, 0));
  RESULT(pread(ends[0], bytes, 2, 0));
  RESULT(pwrite(ends[1], bytes, 2, 0));
  RESULT(preadv(fd, in, 2, -1));
  RESULT(pwritev(fd, out, 2, -1));
  return 0;
}
