/* readv and writev: how many parts, how long, empty ones.
 * qemu differs: it looks at the parts before the descriptor. */
#include "check.h"

int main(void) {
  static struct iovec parts[1025];
  char bytes[16];
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 1025; i++) parts[i] = (struct iovec){"x", 1};
  RESULT(writev(fd, parts, 1024));
  RESULT(writev(fd, parts, 1025));
  RESULT(writev(fd, parts, -1));
  RESULT(writev(fd, parts, 0));
  RESULT(readv(fd, parts, 1025));
  RESULT(readv(fd, 0, 0));
  struct iovec bad[2] = {{bytes, 4}, {bytes, (size_t)-1}};
  RESULT(pwritev(fd, bad, 2, 0));
  RESULT(preadv(fd, bad, 2, 0));
  struct iovec empty[3] = {{bytes, 4}, {bad_pointer(), 0}, {bytes + 4, 4}};
  RESULT(preadv(fd, empty, 3, 0));
  RESULT(pwritev(fd, empty, 3, 0));
  struct iovec hole[2] = {{bytes, 4}, {bad_pointer(), 4}};
  RESULT(preadv(fd, hole + 1, 1, 0));
  RESULT(pwritev(fd, hole + 1, 1, 0));
  RESULT(writev(fd, bad_pointer(), 1));
  RESULT(readv(fd, bad_pointer(), 1));
  RESULT(readv(99, parts, 1));
  RESULT(writev(99, parts, 1));
  RESULT(read(99, bad_pointer(), 1));
  RESULT(write(99, bad_pointer(), 1));
  RESULT(read(open("file", O_WRONLY), bad_pointer(), 1));
  RESULT(write(open("file", O_RDONLY), bad_pointer(), 1));
  RESULT(read(open("file", O_PATH), bad_pointer(), 1));
  return 0;
}
