/* lseek: the three origins, positions beyond the end, holes, errors. */
#include "check.h"

int main(void) {
  char bytes[4] = "xxx";
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && write(file, "0123456789", 10) == 10);
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(lseek(file, -3, SEEK_CUR));
  RESULT(lseek(file, 5, SEEK_SET));
  RESULT(lseek(file, -10, SEEK_END));
  RESULT(lseek(file, -11, SEEK_END));
  RESULT(lseek(file, -1, SEEK_SET));
  RESULT(lseek(file, 0, 99));
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(lseek(file, 100, SEEK_END));
  RESULT(read(file, bytes, 3));
  struct stat status;
  RESULT(fstat(file, &status));
  say("size %ld\n", (long)status.st_size);
  RESULT(write(file, "z", 1));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(pread(file, bytes, 3, 108));
  say("%d %d %c\n", bytes[0], bytes[1], bytes[2]);
  RESULT(lseek(-1, 0, SEEK_SET));
  RESULT(lseek(file, (off_t)1 << 40, SEEK_SET));
  RESULT(read(file, bytes, 3));
  return 0;
}
