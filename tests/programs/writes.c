/* Few instructions of its own, many in the kernel: 500 times 64 KiB to a file. */
#include "../syscalls/check.h"

int main(void) {
  static char bytes[65536];
  int file = open("file", O_WRONLY | O_CREAT, 0644);
  for (int i = 0; i < 500; i++)
    NEED(pwrite(file, bytes, sizeof bytes, 0) == (long)sizeof bytes);
  return 0;
}
