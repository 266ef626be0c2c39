/* sendfile with an offset, to files and pipes, and its refusals. */
#include "check.h"
#include <sys/sendfile.h>

int main(void) {
  int in = open("in", O_RDWR | O_CREAT | O_TRUNC, 0600);
  int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char bytes[300000], got[300000];
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7 + i / 251);
  NEED(write(in, bytes, sizeof bytes) == sizeof bytes);
  NEED(lseek(in, 5, SEEK_SET) == 5);
  off_t offset = 100;
  RESULT(sendfile(out, in, &offset, 200000));
  say("offset %ld\n", (long)offset);
  RESULT(lseek(in, 0, SEEK_CUR));
  RESULT(lseek(out, 0, SEEK_CUR));
  RESULT(pread(out, got, sizeof got, 0));
  IS(memcmp(got, bytes + 100, 200000) == 0);
  RESULT(sendfile(out, in, &offset, 1000000));
  say("offset %ld\n", (long)offset);
  RESULT(sendfile(out, in, &offset, 10));
  RESULT(sendfile(out, in, 0, 10));
  RESULT(lseek(in, 0, SEEK_CUR));
  int ends[2];
  NEED(pipe(ends) == 0);
  offset = 0;
  RESULT(sendfile(ends[1], in, &offset, 150000));
  say("offset %ld\n", (long)offset);
  long total = 0, count;
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  while ((count = read(ends[0], got + total, sizeof got - total)) > 0) total += count;
  IS(total == offset && memcmp(got, bytes, total) == 0);
  RESULT(sendfile(out, ends[0], 0, 10));
  RESULT(sendfile(out, ends[0], &offset, 10));
  offset = -1;
  RESULT(sendfile(out, in, &offset, 10));
  RESULT(sendfile(out, in, (off_t *)bad_pointer(), 10));
  RESULT(sendfile(in, 99, 0, 10));
  RESULT(sendfile(99, in, 0, 10));
  RESULT(sendfile(open("out", O_RDONLY), in, 0, 10));
  RESULT(sendfile(out, open("in", O_WRONLY), 0, 10));
  RESULT(sendfile(open("out", O_WRONLY | O_APPEND), in, 0, 10));
  RESULT(sendfile(out, open(".", O_RDONLY), 0, 10));
  RESULT(sendfile(out, in, 0, 0));
  RESULT(sendfile(out, open("/dev/zero", O_RDONLY), 0, 70000));
  return 0;
}
