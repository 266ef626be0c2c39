/* pivot_root: exchanges the root of all; and what it refuses. */
#include "check.h"
#include <sys/mount.h>

static long pivot(const char *root, const char *old) { return syscall(SYS_pivot_root, root, old); }

int main(void) {
  NEED(mkdir("new", 0755) == 0 && mkdir("plain", 0755) == 0);
  NEED(mount("none", "new", "tmpfs", 0, 0) == 0);
  NEED(mkdir("new/old", 0755) == 0 && mkdir("new/x", 0755) == 0);
  int file = open("new/file", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0);
  RESULT(pivot("absent", "new/old"));
  RESULT(pivot("new", "new/absent"));
  RESULT(pivot("new/file", "new/old"));
  RESULT(pivot("new", "new/file"));
  RESULT(pivot(bad_pointer(), "new/old"));
  RESULT(pivot("new", bad_pointer()));
  RESULT(pivot("new/x", "new/x"));
  NEED(chdir("new") == 0);
  RESULT(pivot(".", "old"));
  RESULT(access("/file", F_OK));
  RESULT(access("/tmp/plain", F_OK));
  RESULT(access("/old/tmp/plain", F_OK));
  RESULT(access("/old/tmp/new/file", F_OK));
  char text[300];
  say("cwd %s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  NEED(chdir("old/tmp") == 0);
  say("cwd %s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  RESULT(access("../../file", F_OK));
  NEED(chdir("/") == 0);
  RESULT(umount2("old", MNT_DETACH));
  RESULT(access("/old/tmp", F_OK));
  RESULT(mkdir("/made", 0755));
  return 0;
}
