/* truncate and ftruncate: shorter, longer with zeros, errors; the position stays. */
#include "check.h"

int main(void) {
  char bytes[16];
  int file = open("file", O_CREAT | O_RDWR, 0644), ends[2];
  NEED(write(file, "0123456789", 10) == 10 && pipe(ends) == 0);
  RESULT(ftruncate(file, 4));
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(ftruncate(file, 8));
  RESULT(pread(file, bytes, 16, 0));
  say("%.4s %d %d\n", bytes, bytes[4], bytes[7]);
  RESULT(truncate("file", 2));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(lseek(file, 6, SEEK_SET));
  RESULT(write(file, "x", 1));
  RESULT(pread(file, bytes, 16, 0));
  say("%d %d %c\n", bytes[2], bytes[5], bytes[6]);
  RESULT(ftruncate(file, 100000));
  RESULT(ftruncate(file, 0));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(ftruncate(file, -1));
  RESULT(truncate("file", -1));
  RESULT(truncate("absent", 0));
  RESULT(truncate(".", 0));
  RESULT(truncate(bad_pointer(), 0));
  RESULT(ftruncate(99, 0));
  RESULT(ftruncate(ends[1], 0));
  int read_only = open("file", O_RDONLY);
  RESULT(ftruncate(read_only, 0));
  return 0;
}
