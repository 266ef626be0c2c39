/* A change of content takes set-user-ID and set-group-ID away, unless the superuser makes it; a
 * namespace's root is none for this. */
#include "check.h"
#include <grp.h>

static void show(const char *what, const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  say("%s: mode %o\n", what, status.st_mode & 07777);
}

static void changes(mode_t mode) {
  NEED(chmod("f", mode) == 0);
  int file = open("f", O_RDWR);
  NEED(file >= 0);
  show("open", "f");
  NEED(write(file, "x", 0) == 0);
  show("nothing written", "f");
  NEED(write(file, "x", 1) == 1);
  show("written", "f");
  NEED(chmod("f", mode) == 0 && write(file, "x", 1) == 1);
  show("written again", "f");
  NEED(chmod("f", mode) == 0 && ftruncate(file, 0) == 0);
  show("ftruncate", "f");
  NEED(chmod("f", mode) == 0 && truncate("f", 5) == 0);
  show("truncate", "f");
  NEED(chmod("f", mode) == 0 && close(open("f", O_WRONLY | O_TRUNC)) == 0);
  show("O_TRUNC", "f");
  NEED(chmod("f", mode) == 0 && read(file, &mode, 1) == 0);
  show("read", "f");
  close(file);
}

static int as_user(void) {
  gid_t list[] = {60};
  NEED(setgroups(1, list) == 0);
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  changes(06755);
  changes(02745);
  changes(01777);
  return 0;
}

int main(void) {
  umask(0);
  int file = open("f", O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && close(file) == 0);
  NEED(chown("f", 1000, 1000) == 0);
  reap("uid 1000", spawn(as_user));
  return 0;
}
