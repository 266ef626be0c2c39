/* faccessat2: flags, real and effective ids, links themselves. */
#include "check.h"

static long access2(int at, const char *path, int mode, int flags) {
  return syscall(SYS_faccessat2, at, path, mode, flags);
}

int main(void) {
  umask(0);
  int file = open("f", O_CREAT | O_WRONLY, 0600);
  NEED(file >= 0 && close(file) == 0 && symlink("nowhere", "link") == 0);
  NEED(mkdir("d", 0700) == 0);
  RESULT(access2(AT_FDCWD, "f", R_OK, 0));
  RESULT(access2(AT_FDCWD, "f", X_OK, 0));
  RESULT(access2(AT_FDCWD, "d", X_OK, 0));
  RESULT(access2(AT_FDCWD, "link", F_OK, 0));
  RESULT(access2(AT_FDCWD, "link", F_OK, AT_SYMLINK_NOFOLLOW));
  RESULT(access2(AT_FDCWD, "f", 8, 0));
  RESULT(access2(AT_FDCWD, "f", R_OK, 0x8000));
  RESULT(access2(AT_FDCWD, "", R_OK, 0));
  RESULT(access2(AT_FDCWD, "", R_OK, AT_EMPTY_PATH));
  RESULT(access2(open("f", O_PATH), "", R_OK, AT_EMPTY_PATH));
  RESULT(access2(99, "", R_OK, AT_EMPTY_PATH));
  RESULT(access2(99, "f", R_OK, 0));
  RESULT(access2(AT_FDCWD, bad_pointer(), R_OK, 0));
  NEED(setresuid(1000, 0, 0) == 0);
  RESULT(access2(AT_FDCWD, "f", R_OK, 0));
  RESULT(access2(AT_FDCWD, "f", R_OK, AT_EACCESS));
  RESULT(access2(AT_FDCWD, "d", X_OK, 0));
  RESULT(access2(AT_FDCWD, "d", X_OK, AT_EACCESS));
  NEED(setresuid(0, 1000, 0) == 0);
  RESULT(access2(AT_FDCWD, "f", R_OK, 0));
  RESULT(access2(AT_FDCWD, "f", R_OK, AT_EACCESS));
  RESULT(access2(AT_FDCWD, "f", X_OK, 0));
  return 0;
}
