/* remap_file_pages: pages of a shared file mapping in another order; refusals.
 * qemu differs: version 7.2 does not have it. */
#include "check.h"

static long remap(void *at, size_t length, int protection, size_t page, int flags) {
  return syscall(SYS_remap_file_pages, at, length, protection, page, flags);
}

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0 && ftruncate(file, 4 * PAGE) == 0);
  char *shared = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *own = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  for (int page = 0; page < 4; page++) shared[page * PAGE] = 'a' + page;
  RESULT(remap(shared, PAGE, 0, 3, 0));
  RESULT(remap(shared + 3 * PAGE, PAGE, 0, 0, 0));
  say("%c%c%c%c\n", shared[0], shared[PAGE], shared[2 * PAGE], shared[3 * PAGE]);
  shared[0] = 'D';
  char byte;
  NEED(pread(file, &byte, 1, 3 * PAGE) == 1);
  say("the file has %c\n", byte);
  RESULT(remap(shared + PAGE, PAGE, 0, 2, MAP_NONBLOCK));
  say("%c\n", shared[PAGE]);
  RESULT(remap(shared, PAGE, PROT_READ, 0, 0));
  RESULT(remap(own, PAGE, 0, 1, 0));
  RESULT(remap(shared, 0, 0, 0, 0));
  RESULT(remap((void *)((uintptr_t)1 << 37), PAGE, 0, 0, 0));
  return 0;
}
