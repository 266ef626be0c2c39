/* The devices without a state: what they read and take, and what they refuse. */
#include "terminal.h"
#include <sys/sysmacros.h>

static void show(const char *path) {
  char bytes[16];
  struct stat status;
  say("-- %s\n", path);
  memset(bytes, 'x', sizeof bytes);
  int fd = open(path, O_RDWR);
  NEED(fd >= 0 && fstat(fd, &status) == 0);
  say("%o %d:%d\n", status.st_mode & (S_IFMT | 0666), major(status.st_rdev), minor(status.st_rdev));
  ssize_t count = read(fd, bytes, sizeof bytes);
  int zeros = 0;
  for (ssize_t i = 0; i < count; i++) zeros += bytes[i] == 0;
  say("read %zd, all zero: %d\n", count, count > 0 && zeros == count);
  RESULT(write(fd, "text", 4));
  RESULT(write(fd, "", 0));
  RESULT(read(fd, bytes, 0));
  RESULT(lseek(fd, 100, SEEK_SET));
  RESULT(ftruncate(fd, 10));
  RESULT(fsync(fd));
  RESULT(ioctl(fd, TCGETS, bytes));
  RESULT(isatty(fd));
  struct pollfd ask = {.fd = fd, .events = POLLIN | POLLOUT};
  int ready = poll(&ask, 1, 0);
  say("poll %d: %x\n", ready, ask.revents);
  if (strcmp(path, "/dev/null")) RESULT(read(fd, bad_pointer(), 8));
  close(fd);
}

int main(void) {
  show("/dev/null");
  show("/dev/zero");
  show("/dev/full");
  show("/dev/urandom");
  RESULT(open("/dev/null", O_RDWR | O_DIRECTORY));
  RESULT(open("/dev/null", O_RDWR | O_CREAT | O_EXCL, 0600));
  RESULT(open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0600) >= 0);
  RESULT(mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)) == 0 || errno == EPERM);
  return 0;
}
