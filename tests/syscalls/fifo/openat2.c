/* openat2 of a FIFO waits for its peer, as open does.
 * qemu differs: it has no openat2. */
#include "check.h"
#include <linux/openat2.h>

static int writer(void) {
  sleep_ms(10);
  return open("fifo", O_WRONLY) < 0;
}

int main(void) {
  struct open_how how = {.flags = O_RDONLY};
  char byte;
  NEED(mkfifo("fifo", 0600) == 0);
  pid_t child = spawn(writer);
  int fd = SUCCESS(syscall(SYS_openat2, AT_FDCWD, "fifo", &how, sizeof how));
  reap("writer", child);
  RESULT(read(fd, &byte, 1));
  return 0;
}
