/* sendfile: from a file to a file or a pipe, from the position on, waiting for room. */
#include "check.h"
#include <sys/sendfile.h>

int main(void) {
  static char bytes[200000];
  char some[16];
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 11);
  int from = open("from", O_RDWR | O_CREAT, 0644), to = open("to", O_RDWR | O_CREAT, 0644);
  NEED(write(from, bytes, sizeof bytes) == sizeof bytes);
  RESULT(sendfile(to, from, 0, 20));
  lseek(from, 10, SEEK_SET);
  RESULT(sendfile(to, from, 0, 20));
  lseek(from, 5, SEEK_SET);
  RESULT(sendfile(to, from, 0, 3));
  RESULT(lseek(from, 0, SEEK_CUR));
  RESULT(pread(to, some, 16, 18));
  IS(!memcmp(some, bytes + 28, 2) && !memcmp(some + 2, bytes + 5, 3));
  lseek(from, -5, SEEK_END);
  RESULT(sendfile(to, from, 0, 100));
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    unsigned sum = 0, expected = 0;
    long total = 0, count;
    close(ends[1]);
    static char got[5000];
    for (unsigned i = 0; i < sizeof bytes; i++) expected = expected * 31 + (unsigned char)bytes[i];
    while ((count = read(ends[0], got, sizeof got)) > 0) {
      for (long i = 0; i < count; i++) sum = sum * 31 + (unsigned char)got[i];
      total += count;
    }
    say("read %ld, equal %d\n", total, sum == expected);
    _exit(0);
  }
  close(ends[0]);
  lseek(from, 0, SEEK_SET);
  long sent = 0, count;
  while ((count = sendfile(ends[1], from, 0, sizeof bytes)) > 0) sent += count;
  say("sent %ld\n", sent);
  close(ends[1]);
  reap("reader", child);
  NEED(pipe(ends) == 0);
  RESULT(sendfile(to, ends[0], 0, 10));
  RESULT(sendfile(ends[0], from, 0, 10));
  RESULT(sendfile(to, 99, 0, 10));
  return 0;
}
