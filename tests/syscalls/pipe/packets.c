/* Pipes of packets (O_DIRECT): every write is read alone. */
#include "check.h"

int main(void) {
  int ends[2], count;
  static char bytes[10000];
  NEED(pipe2(ends, O_DIRECT) == 0);
  IS((fcntl(ends[0], F_GETFL) & O_DIRECT) != 0 && (fcntl(ends[1], F_GETFL) & O_DIRECT) != 0);
  RESULT(write(ends[1], "one", 3));
  RESULT(write(ends[1], "two two", 7));
  RESULT(write(ends[1], bytes, 10000));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(read(ends[0], bytes, 3));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(read(ends[0], bytes, sizeof bytes));
  NEED(fcntl(ends[1], F_SETFL, 0) == 0);
  RESULT(write(ends[1], "a", 1));
  RESULT(write(ends[1], "b", 1));
  NEED(fcntl(ends[1], F_SETFL, O_DIRECT) == 0);
  RESULT(write(ends[1], "c", 1));
  RESULT(write(ends[1], "d", 1));
  RESULT(read(ends[0], bytes, 10));
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  RESULT(read(ends[0], bytes, 10));
  RESULT(pipe2(ends, O_APPEND));
  RESULT(pipe2(bad_pointer(), 0));
  return 0;
}
