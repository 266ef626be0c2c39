/* O_TMPFILE: whose the file is, and which bits it gets. */
#include "check.h"

static int as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  static const char *const folders[] = {"plain", "group", "closed"};
  for (int i = 0; i < 3; i++) {
    struct stat status;
    int file = open(folders[i], O_TMPFILE | O_RDWR, 02755);
    if (file < 0) {
      say("%s: %s\n", folders[i], error_name(errno));
      continue;
    }
    NEED(fstat(file, &status) == 0 && close(file) == 0);
    say("%s: %d:%d mode %o links %ld\n", folders[i], (int)status.st_uid, (int)status.st_gid,
        status.st_mode, (long)status.st_nlink);
  }
  return 0;
}

int main(void) {
  umask(0);
  NEED(mkdir("plain", 0777) == 0 && mkdir("group", 0777) == 0 && mkdir("closed", 0755) == 0);
  NEED(chown("group", 0, 50) == 0 && chmod("group", 02777) == 0);
  umask(022);
  reap("uid 1000", spawn(as_user));
  return 0;
}
