/* fchmodat2: flags of fchmodat.
 * qemu differs: version 7.2 does not know the call. */
#include "check.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static long chmod2(int at, const char *path, mode_t mode, int flags) {
  return syscall(SYS_fchmodat2, at, path, mode, flags);
}

static void show(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  say("%s: mode %o\n", path, status.st_mode);
}

int main(void) {
  umask(0);
  int file = open("roots", O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && close(file) == 0 && symlink("roots", "link") == 0);
  RESULT(chmod2(AT_FDCWD, "roots", 0600, 0));
  show("roots");
  RESULT(chmod2(AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW));
  RESULT(chmod2(AT_FDCWD, "roots", 0604, AT_SYMLINK_NOFOLLOW));
  show("roots");
  RESULT(chmod2(open("roots", O_PATH), "", 0606, AT_EMPTY_PATH));
  show("roots");
  RESULT(chmod2(open("roots", O_PATH), "", 0606, 0));
  RESULT(chmod2(AT_FDCWD, "roots", 0600, 0x8000));
  RESULT(chmod2(99, "roots", 0600, 0));
  RESULT(chmod2(AT_FDCWD, bad_pointer(), 0600, 0));
  return 0;
}
