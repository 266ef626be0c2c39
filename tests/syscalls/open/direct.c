/* O_DIRECT on tmpfs needs no alignment; O_NOATIME is the owner's. */
#include "check.h"

int main(void) {
  char bytes[8];
  int fd = RESULT(open("file", O_RDWR | O_CREAT | O_DIRECT, 0644));
  RESULT(pwrite(fd, "hello", 5, 3));
  RESULT(pread(fd, bytes, 3, 4));
  IS((fcntl(fd, F_GETFL) & O_DIRECT) != 0);
  RESULT(fcntl(fd, F_SETFL, 0));
  IS((fcntl(fd, F_GETFL) & O_DIRECT) == 0);
  RESULT(fcntl(fd, F_SETFL, O_DIRECT));
  RESULT(open("/dev/null", O_RDWR | O_DIRECT));
  RESULT(fcntl(open("/dev/null", O_RDWR), F_SETFL, O_DIRECT));
  IS(open("file", O_RDONLY | O_NOATIME) >= 0);
  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    RESULT(open("file", O_RDONLY | O_NOATIME));
    int reader = open("file", O_RDONLY);
    RESULT(fcntl(reader, F_SETFL, O_NOATIME));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
