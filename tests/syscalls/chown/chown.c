/* chown, lchown, fchown, fchownat: who may give what away, which bits go, refusals. */
#include "check.h"
#include <grp.h>
#include <sys/fsuid.h>

static void show(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: %d:%d mode %o\n", path, (int)status.st_uid, (int)status.st_gid, status.st_mode);
}

static void put(const char *path, mode_t mode, int user, int group) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && fchown(file, user, group) == 0 && fchmod(file, mode) == 0 && close(file) == 0);
}

static int as_user(void) {
  gid_t list[] = {60};
  NEED(setgroups(1, list) == 0);
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(chown("roots", 1000, 1000));
  RESULT(chown("roots", -1, 1000));
  RESULT(chown("roots", -1, -1));
  RESULT(chown("mine", 1001, -1));
  RESULT(chown("mine", 0, 0));
  RESULT(chown("mine", 1000, -1));
  show("mine");
  RESULT(chown("mine", -1, 60));
  show("mine");
  RESULT(chown("mine", 1000, 1000));
  RESULT(chown("mine", -1, 50));
  RESULT(chown("mine50", -1, 50));
  show("mine50");
  RESULT(chown("dark/f", -1, 1000));
  RESULT(lchown("minelink", -1, 60));
  show("minelink");
  RESULT(chown("minelink", -1, 60));
  int file = open("mine", O_RDONLY);
  RESULT(fchown(file, 1001, 1001));
  RESULT(fchown(file, -1, 60));
  show("mine");
  return 0;
}

static int file_system_user(void) {
  NEED(setfsuid(1000) == 0);
  RESULT(chown("roots", 5, 5));
  RESULT(chmod("roots", 0600));
  RESULT(chmod("mine", 0600));
  return 0;
}

int main(void) {
  char name[300];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  umask(0);
  put("roots", 0644, 0, 0);
  put("suid", 06755, 0, 0);
  put("lock", 06645, 0, 0);
  put("mine", 06755, 1000, 1000);
  put("mine50", 02755, 1000, 50);
  NEED(mkdir("dir", 0755) == 0 && chmod("dir", 06755) == 0 && mkdir("dark", 0700) == 0);
  put("dark/f", 0644, 1000, 1000);
  NEED(symlink("roots", "link") == 0 && symlink("roots", "minelink") == 0);
  NEED(lchown("minelink", 1000, 1000) == 0);
  RESULT(chown("suid", 3, 4));
  show("suid");
  RESULT(chown("lock", 3, -1));
  show("lock");
  RESULT(chown("dir", 3, 4));
  show("dir");
  RESULT(chown("link", 7, 8));
  show("roots");
  show("link");
  RESULT(lchown("link", 9, 10));
  show("link");
  RESULT(chown("roots", 0, 0));
  RESULT(chown("absent", 0, 0));
  RESULT(chown("", 0, 0));
  RESULT(chown("roots/x", 0, 0));
  RESULT(chown(name, 0, 0));
  RESULT(chown(bad_pointer(), 0, 0));
  RESULT(fchown(99, 0, 0));
  RESULT(fchown(open("roots", O_PATH), 0, 0));
  RESULT(fchownat(open("roots", O_PATH), "", 5, 6, AT_EMPTY_PATH));
  show("roots");
  RESULT(fchownat(AT_FDCWD, "", 5, 6, AT_EMPTY_PATH));
  RESULT(fchownat(AT_FDCWD, "roots", 0, 0, 0x8000));
  RESULT(fchownat(99, "roots", 0, 0, 0));
  NEED(chown("/tmp", 0, 0) == 0 && chown("roots", 0, 0) == 0);
  reap("uid 1000", spawn(as_user));
  reap("file-system user", spawn(file_system_user));
  return 0;
}
