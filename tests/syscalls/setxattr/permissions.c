/* Who may see and change attributes: owner, others, the superuser. */
#include "check.h"
#include <sys/xattr.h>

static char bytes[100];

static int other(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(getxattr("readable", "user.x", bytes, sizeof bytes));
  RESULT(setxattr("readable", "user.x", "y", 1, 0));
  RESULT(removexattr("readable", "user.x"));
  RESULT(getxattr("closed", "user.x", bytes, sizeof bytes));
  RESULT(setxattr("closed", "user.x", "y", 1, 0));
  RESULT(setxattr("open", "user.x", "y", 1, 0));
  RESULT(setxattr("open", "trusted.x", "y", 1, 0));
  RESULT(getxattr("open", "trusted.x", bytes, sizeof bytes));
  RESULT(removexattr("open", "trusted.x"));
  RESULT(setxattr("open", "security.x", "y", 1, 0));
  RESULT(setxattr("sticky", "user.x", "y", 1, 0));
  RESULT(setxattr("folder", "user.x", "y", 1, 0));
  return 0;
}

int main(void) {
  umask(0);
  NEED(mknod("readable", S_IFREG | 0644, 0) == 0 && mknod("closed", S_IFREG | 0600, 0) == 0);
  NEED(mknod("open", S_IFREG | 0666, 0) == 0);
  NEED(mkdir("sticky", 01777) == 0 && mkdir("folder", 0777) == 0);
  RESULT(setxattr("readable", "user.x", "x", 1, 0));
  RESULT(setxattr("closed", "user.x", "x", 1, 0));
  RESULT(setxattr("sticky", "user.x", "x", 1, 0));
  reap("other", spawn(other));
  RESULT(getxattr("open", "user.x", bytes, sizeof bytes));
  return 0;
}
