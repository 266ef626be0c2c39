/* read: descriptors that are not open or not readable, bad memory, lengths of zero and beyond. */
#include "check.h"

int main(void) {
  char bytes[8] = "";
  int ends[2];
  NEED(pipe(ends) == 0);
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && write(file, "0123456789", 10) == 10);
  RESULT(read(-1, bytes, 1));
  RESULT(read(1000, bytes, 1));
  RESULT(read(-1, bytes, 0));
  int write_only = open("file", O_WRONLY);
  RESULT(read(write_only, bytes, 1));
  RESULT(read(write_only, bytes, 0));
  RESULT(lseek(file, 0, SEEK_SET));
  RESULT(read(file, bad_pointer(), 4));
  RESULT(read(file, (void *)8, 4));
  RESULT(read(file, bad_pointer(), 0));
  RESULT(lseek(file, 0, SEEK_CUR));
  NEED(write(ends[1], "abc", 3) == 3);
  RESULT(read(ends[0], bad_pointer(), 3));
  RESULT(read(ends[0], bytes, 8));
  int folder = open(".", O_RDONLY);
  RESULT(read(folder, bytes, 8));
  RESULT(pread(file, bytes, 4, 3));
  say("%.4s\n", bytes);
  RESULT(pread(file, bytes, 4, 100));
  RESULT(pread(file, bytes, 4, -1));
  RESULT(pread(ends[0], bytes, 4, 0));
  RESULT(lseek(file, 0, SEEK_CUR));
  return 0;
}
