/* openat2 from a descriptor that is no directory, and with no file system of its own.
 * qemu differs: version 7.2 does not know the call. */
#include "check.h"
#include <linux/openat2.h>

static long from(int at, const char *path, uint64_t resolve) {
  struct open_how how = {.flags = O_RDONLY, .resolve = resolve};
  return syscall(SYS_openat2, at, path, &how, sizeof how);
}

int main(void) {
  int ends[2], file = open("file", O_CREAT | O_RDWR, 0644);
  NEED(pipe(ends) == 0 && file >= 0);
  RESULT(from(ends[0], "/file", RESOLVE_IN_ROOT));
  RESULT(from(ends[0], "/file", RESOLVE_BENEATH));
  RESULT(from(ends[0], "file", RESOLVE_IN_ROOT));
  RESULT(from(ends[0], "file", RESOLVE_BENEATH));
  RESULT(from(ends[0], "file", 0));
  RESULT(from(file, "/file", RESOLVE_IN_ROOT));
  RESULT(from(99, "/file", RESOLVE_BENEATH));
  RESULT(from(99, "/file", RESOLVE_IN_ROOT));
  return 0;
}
