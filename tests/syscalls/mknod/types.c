/* mknod of every type, by root and by others. */
#include "check.h"
#include <sys/sysmacros.h>

static void show(const char *path) {
  struct stat about;
  NEED(lstat(path, &about) == 0);
  say("%s: %o %u:%u\n", path, about.st_mode, major(about.st_rdev), minor(about.st_rdev));
}

static int other(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(mknod("open/null", S_IFCHR | 0600, makedev(1, 3)));
  RESULT(mknod("open/block", S_IFBLK | 0600, makedev(7, 3)));
  RESULT(mknod("open/fifo", S_IFIFO | 0600, 0));
  RESULT(mknod("closed/fifo", S_IFIFO | 0600, 0));
  return 0;
}

int main(void) {
  umask(022);
  NEED(mkdir("closed", 0755) == 0 && mkdir("open", 0755) == 0 && chmod("open", 0777) == 0);
  RESULT(mknod("plain", 0666, 0));
  show("plain");
  RESULT(mknod("regular", S_IFREG | 0666, 5));
  show("regular");
  RESULT(mknod("fifo", S_IFIFO | 04777, 0));
  show("fifo");
  RESULT(mknod("socket", S_IFSOCK | 0600, 0));
  show("socket");
  RESULT(open("socket", O_RDONLY));
  RESULT(mknod("folder", S_IFDIR | 0700, 0));
  RESULT(mknod("strange", 0030000 | 0700, 0));
  RESULT(mknod("plain", S_IFREG, 0));
  RESULT(mknod("missing/x", S_IFREG, 0));
  RESULT(mknod("plain/x", S_IFREG, 0));
  RESULT(mknod("", S_IFREG, 0));
  RESULT(mknod(bad_pointer(), S_IFREG, 0));
  RESULT(mknodat(99, "x", S_IFREG, 0));
  RESULT(mkfifo("fifo", 0600));
  reap("other", spawn(other));
  return 0;
}
