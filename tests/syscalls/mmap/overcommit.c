/* /proc/sys/vm/overcommit_memory says what is done: a request for more than there is at all is
 * refused unless memory is always promised (1), or nothing is reserved. */
#include "check.h"

static int is_mapped(int flags) {
  size_t bytes = (size_t)128 << 30;
  void *at = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (at == MAP_FAILED) IS(errno == ENOMEM);
  return at != MAP_FAILED && munmap(at, bytes) == 0;
}

int main(void) {
  char mode = 0;
  int file = open("/proc/sys/vm/overcommit_memory", O_RDONLY);
  NEED(file >= 0 && read(file, &mode, 1) == 1);
  int mapped = is_mapped(0);
  IS(mapped == (mode == '1'));
  IS(is_mapped(MAP_NORESERVE));
  return 0;
}
