/* chmod, fchmod: who may, which bits stay, refusals. */
#include "check.h"
#include <grp.h>

static void show(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: mode %o\n", path, status.st_mode);
}

static void put(const char *path, int user, int group) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && fchown(file, user, group) == 0 && close(file) == 0);
}

static int as_user(void) {
  gid_t list[] = {60};
  NEED(setgroups(1, list) == 0);
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(chmod("roots", 0777));
  RESULT(chmod("mine", 06755));
  show("mine");
  RESULT(chmod("minegroup60", 02755));
  show("minegroup60");
  RESULT(chmod("minegroup50", 06755));
  show("minegroup50");
  RESULT(chmod("minedir50", 02755));
  show("minedir50");
  RESULT(chmod("mine", 01644));
  show("mine");
  RESULT(chmod("dark/f", 0777));
  RESULT(chmod("mine", 0));
  RESULT(open("mine", O_RDONLY));
  RESULT(chmod("mine", 0400));
  int file = open("mine", O_RDONLY);
  IS(file >= 0);
  RESULT(fchmod(file, 0600));
  show("mine");
  RESULT(fchmod(open("roots", O_RDONLY), 0600));
  return 0;
}

int main(void) {
  char name[300];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  umask(0);
  put("roots", 0, 0);
  put("mine", 1000, 1000);
  put("minegroup60", 1000, 60);
  put("minegroup50", 1000, 50);
  NEED(mkdir("minedir50", 0755) == 0 && chown("minedir50", 1000, 50) == 0);
  NEED(mkdir("dark", 0700) == 0 && symlink("roots", "link") == 0 && symlink("l", "l") == 0);
  put("dark/f", 1000, 1000);
  RESULT(chmod("roots", 07777));
  show("roots");
  RESULT(chmod("roots", 0177644));
  show("roots");
  RESULT(chmod("link", 0640));
  show("roots");
  show("link");
  RESULT(chmod("absent", 0));
  RESULT(chmod("", 0));
  RESULT(chmod("roots/x", 0));
  RESULT(chmod("roots/", 0));
  RESULT(chmod("l", 0));
  RESULT(chmod(name, 0));
  RESULT(chmod(bad_pointer(), 0));
  RESULT(fchmod(99, 0));
  RESULT(fchmod(open("roots", O_PATH), 0));
  reap("uid 1000", spawn(as_user));
  return 0;
}
