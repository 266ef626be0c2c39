/* write: descriptors, bad memory, zero lengths, O_APPEND, holes, ENOSPC of /dev/full. */
#include "check.h"

int main(void) {
  char bytes[16] = "";
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  RESULT(write(-1, "x", 1));
  RESULT(write(-1, "x", 0));
  RESULT(write(file, bad_pointer(), 3));
  RESULT(write(file, bad_pointer(), 0));
  RESULT(write(file, "", 0));
  RESULT(lseek(file, 0, SEEK_END));
  int read_only = open("file", O_RDONLY);
  RESULT(write(read_only, "x", 1));
  char *pages = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  RESULT(write(file, "plain", 5));
  RESULT(lseek(file, 10000, SEEK_SET));
  RESULT(write(file, "end", 3));
  RESULT(pread(file, bytes, 4, 9998));
  IS(bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 'e');
  int append = open("file", O_WRONLY | O_APPEND);
  RESULT(lseek(append, 0, SEEK_SET));
  RESULT(write(append, "!", 1));
  RESULT(lseek(append, 0, SEEK_CUR));
  RESULT(pwrite(file, "PW", 2, 1));
  RESULT(pread(file, bytes, 5, 0));
  say("%.5s\n", bytes);
  RESULT(pwrite(file, "x", 1, -1));
  int null = open("/dev/null", O_RDWR);
  RESULT(write(null, pages, PAGE));
  RESULT(read(null, bytes, 4));
  int zero = open("/dev/zero", O_RDWR);
  RESULT(read(zero, pages, PAGE));
  IS(pages[0] == 0 && pages[PAGE - 1] == 0);
  RESULT(write(zero, bytes, 7));
  return 0;
}
