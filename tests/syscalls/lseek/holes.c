/* SEEK_DATA and SEEK_HOLE go by pages; st_blocks counts what is there. */
#include "check.h"

static void show_blocks(int fd) {
  struct stat about;
  NEED(fstat(fd, &about) == 0);
  say("size %ld blocks %ld\n", (long)about.st_size, (long)about.st_blocks);
}

int main(void) {
  int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(pwrite(fd, "a", 1, 2 * PAGE + 5) == 1);
  NEED(pwrite(fd, "b", 1, 1000000 * (long)PAGE) == 1);
  show_blocks(fd);
  RESULT(lseek(fd, 0, SEEK_DATA));
  RESULT(lseek(fd, 2 * PAGE + 1, SEEK_DATA));
  RESULT(lseek(fd, 3 * PAGE, SEEK_DATA));
  RESULT(lseek(fd, 0, SEEK_HOLE));
  RESULT(lseek(fd, 2 * PAGE + 1, SEEK_HOLE));
  RESULT(lseek(fd, 1000000L * PAGE, SEEK_HOLE));
  RESULT(lseek(fd, 1000000L * PAGE + 1, SEEK_HOLE));
  RESULT(lseek(fd, 1000000L * PAGE + 1, SEEK_DATA));
  RESULT(lseek(fd, -1, SEEK_DATA));
  RESULT(lseek(fd, 0, SEEK_CUR));
  RESULT(ftruncate(fd, 10 * PAGE));
  RESULT(lseek(fd, 3 * PAGE, SEEK_DATA));
  RESULT(lseek(fd, 3 * PAGE, SEEK_HOLE));
  show_blocks(fd);
  NEED(pwrite(fd, "c", 1, 7 * PAGE) == 1);
  show_blocks(fd);
  char byte = 'x';
  RESULT(pread(fd, &byte, 1, 6 * PAGE));
  IS(byte == 0);
  show_blocks(fd);
  RESULT(ftruncate(fd, 0));
  show_blocks(fd);
  RESULT(lseek(fd, 0, SEEK_DATA));
  int folder = open(".", O_RDONLY | O_DIRECTORY);
  RESULT(lseek(folder, 0, SEEK_END));
  RESULT(lseek(folder, 0, SEEK_DATA));
  RESULT(lseek(folder, -1, SEEK_SET));
  RESULT(lseek(folder, 0, SEEK_SET));
  return 0;
}
