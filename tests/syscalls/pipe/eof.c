/* A pipe's ends: what a reader gets before and after the last writer has gone. */
#include "check.h"

int main(void) {
  int ends[2];
  char bytes[16];
  RESULT(pipe(ends));
  IS(ends[1] == ends[0] + 1);
  RESULT(write(ends[1], "hello", 5));
  RESULT(read(ends[0], bytes, 3));
  RESULT(read(ends[0], bytes, 16));
  RESULT(write(ends[0], "x", 1));
  RESULT(read(ends[1], bytes, 1));
  int second = dup(ends[1]);
  RESULT(close(ends[1]));
  RESULT(write(second, "more", 4));
  RESULT(close(second));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(close(ends[0]));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(lseek(ends[0], 0, SEEK_SET));
  NEED(pipe(ends) == 0);
  RESULT(lseek(ends[0], 0, SEEK_SET));
  struct stat status;
  RESULT(fstat(ends[0], &status));
  IS(S_ISFIFO(status.st_mode));
  return 3;
}
