/* copy_file_range: offsets, overlaps, limits, refusals. */
#include "check.h"

int main(void) {
  int in = open("in", O_RDWR | O_CREAT | O_TRUNC, 0600);
  int out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char bytes[200000], got[200000];
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 5 + i / 255);
  NEED(write(in, bytes, sizeof bytes) == sizeof bytes);
  off_t from = 10, to = 20;
  RESULT(copy_file_range(in, &from, out, &to, 150000, 0));
  say("from %ld to %ld\n", (long)from, (long)to);
  RESULT(lseek(in, 0, SEEK_CUR));
  RESULT(lseek(out, 0, SEEK_CUR));
  RESULT(pread(out, got, sizeof got, 20));
  IS(memcmp(got, bytes + 10, 150000) == 0);
  NEED(lseek(in, 0, SEEK_SET) == 0);
  RESULT(copy_file_range(in, 0, out, 0, 1000, 0));
  RESULT(lseek(in, 0, SEEK_CUR));
  RESULT(lseek(out, 0, SEEK_CUR));
  from = 199990;
  RESULT(copy_file_range(in, &from, out, 0, 1000, 0));
  RESULT(copy_file_range(in, &from, out, 0, 1000, 0));
  RESULT(copy_file_range(in, 0, out, 0, 0, 0));
  from = 0, to = 500;
  RESULT(copy_file_range(in, &from, in, &to, 501, 0));
  RESULT(copy_file_range(in, &from, in, &to, 500, 0));
  say("from %ld to %ld\n", (long)from, (long)to);
  RESULT(copy_file_range(in, 0, out, 0, 10, 1));
  from = -1;
  RESULT(copy_file_range(in, &from, out, 0, 10, 0));
  RESULT(copy_file_range(in, (off_t *)bad_pointer(), out, 0, 10, 0));
  RESULT(copy_file_range(in, 0, out, (off_t *)bad_pointer(), 10, 0));
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(copy_file_range(ends[0], 0, out, 0, 10, 0));
  RESULT(copy_file_range(in, 0, ends[1], 0, 10, 0));
  RESULT(copy_file_range(open(".", O_RDONLY), 0, out, 0, 10, 0));
  RESULT(copy_file_range(in, 0, open(".", O_RDONLY), 0, 10, 0));
  RESULT(copy_file_range(open("/dev/zero", O_RDONLY), 0, out, 0, 10, 0));
  RESULT(copy_file_range(open("in", O_WRONLY), 0, out, 0, 10, 0));
  RESULT(copy_file_range(in, 0, open("out", O_RDONLY), 0, 10, 0));
  RESULT(copy_file_range(in, 0, open("out", O_WRONLY | O_APPEND), 0, 10, 0));
  RESULT(copy_file_range(99, 0, out, 0, 10, 0));
  RESULT(copy_file_range(in, 0, 99, 0, 10, 0));
  handle(SIGXFSZ, SIG_IGN, 0);
  struct rlimit limit = {4096, 4096};
  NEED(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  from = 0, to = 4000;
  RESULT(copy_file_range(in, &from, out, &to, 1000, 0));
  RESULT(copy_file_range(in, &from, out, &to, 1000, 0));
  return 0;
}
