/* The part of a range before an unusable page is read or written; only a first byte that fails is
 * EFAULT. A length far beyond the mapping is no error when the file ends before.
 * qemu differs: it checks the whole range first and says EFAULT. */
#include "check.h"

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && write(file, "0123456789", 10) == 10);
  char *pages = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(mprotect(pages + PAGE, PAGE, PROT_NONE) == 0);
  RESULT(lseek(file, 0, SEEK_SET));
  RESULT(read(file, pages + PAGE - 4, 10));
  say("%.4s\n", pages + PAGE - 4);
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(read(file, pages + PAGE, 1));
  RESULT(read(file, pages, (size_t)0x7fffffff));
  RESULT(read(file, pages, 10));
  memcpy(pages + PAGE - 5, "tail!", 5);
  RESULT(write(file, pages + PAGE - 5, 10));
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(write(file, pages + PAGE, 10));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(pread(file, pages, 5, 10));
  say("%.5s\n", pages);
  return 0;
}
