/* posix_fadvise: every advice is taken, what is none is refused. */
#include "check.h"

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600), path = open("file", O_PATH), ends[2];
  NEED(pipe(ends) == 0);
  for (int advice = 0; advice < 8; advice++) {
    say("%d: %s\n", advice, error_name(posix_fadvise(fd, 0, 0, advice)));
  }
  say("%s\n", error_name(posix_fadvise(fd, 10, 100, POSIX_FADV_DONTNEED)));
  say("%s\n", error_name(posix_fadvise(fd, 0, -1, POSIX_FADV_NORMAL)));
  say("%s\n", error_name(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL)));
  say("%s\n", error_name(posix_fadvise(99, 0, 0, POSIX_FADV_NORMAL)));
  say("%s\n", error_name(posix_fadvise(path, 0, 0, POSIX_FADV_NORMAL)));
  say("%s\n", error_name(posix_fadvise(open(".", O_RDONLY), 0, 0, POSIX_FADV_NORMAL)));
  return 0;
}
