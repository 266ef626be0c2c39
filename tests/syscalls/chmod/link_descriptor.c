/* A symbolic link's own mode cannot be changed, also not by /proc/self/fd of one that was opened
 * itself; neither its nor its target's mode changes. */
#include "check.h"

static void show(const char *path) {
  struct stat status;
  NEED(lstat(path, &status) == 0);
  say("%s: %o\n", path, (unsigned)status.st_mode);
}

int main(void) {
  char path[64];
  NEED(chdir("/tmp") == 0 && close(open("file", O_CREAT | O_WRONLY, 0644)) == 0);
  NEED(chmod("file", 0644) == 0 && symlink("file", "link") == 0);
  int link = open("link", O_PATH | O_NOFOLLOW);
  NEED(link >= 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", link);
  RESULT(chmod(path, 0));
  RESULT(fchmod(link, 0));
  show("file");
  show("link");
  int file = open("file", O_PATH);
  NEED(file >= 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  RESULT(chmod(path, 0600));
  show("file");
  RESULT(chown(path, 0, 0));
  snprintf(path, sizeof path, "/proc/self/fd/%d", link);
  RESULT(rename("link", "other"));
  show("other");
  RESULT(truncate(path, 0));
  RESULT(access(path, R_OK));
  RESULT(open(path, O_RDONLY));
  return 0;
}
