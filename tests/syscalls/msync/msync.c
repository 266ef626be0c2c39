/* msync: flags, holes, locked pages. */
#include "check.h"

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(ftruncate(file, 4 * PAGE) == 0);
  char *mapped = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  NEED(mapped != MAP_FAILED);
  strcpy(mapped, "synced");
  RESULT(msync(mapped, 4 * PAGE, MS_SYNC));
  RESULT(msync(mapped, PAGE, MS_ASYNC));
  RESULT(msync(mapped, PAGE, MS_ASYNC | MS_INVALIDATE));
  RESULT(msync(mapped, PAGE, 0));
  RESULT(msync(mapped, 0, MS_SYNC));
  RESULT(msync(mapped, PAGE, MS_SYNC | MS_ASYNC));
  RESULT(msync(mapped, PAGE, 64));
  RESULT(msync(mapped + 1, PAGE, MS_SYNC));
  RESULT(msync(mapped, (size_t)-PAGE, MS_SYNC));
  NEED(munmap(mapped + PAGE, PAGE) == 0);
  RESULT(msync(mapped, 4 * PAGE, MS_SYNC));
  RESULT(msync(mapped + PAGE, PAGE, MS_SYNC));
  char bytes[7];
  NEED(pread(file, bytes, 7, 0) == 7);
  say("%s\n", bytes);
  char *own = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  RESULT(msync(own, PAGE, MS_SYNC));
  return 0;
}
