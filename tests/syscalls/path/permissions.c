/* Who may read, write and search: owner, group and others each have bits of their own, and only
 * the first that fits counts. */
#include "check.h"
#include <grp.h>
#include <sys/fsuid.h>

static void put(const char *path, mode_t mode, int user, int group) {
  int file = open(path, O_CREAT | O_WRONLY, 0600);
  NEED(file >= 0 && fchown(file, user, group) == 0 && fchmod(file, mode) == 0 && close(file) == 0);
}

static char may(const char *path, int flags) {
  int file = open(path, flags);
  if (file < 0) {
    if (errno != EACCES) say("[%s]", error_name(errno));
    return '-';
  }
  close(file);
  return 'y';
}

/* For each mode of a file: open for reading, for writing; of a directory: list, make, search. */
static void show(const char *who) {
  static const mode_t modes[] = {0700, 0400, 0200, 0100, 0070, 0040, 0020, 0010,
                                 0007, 0004, 0002, 0001, 0077, 0707, 0770, 0000};
  say("%s\n", who);
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
    char path[40];
    snprintf(path, sizeof path, "f%04o", modes[i]);
    say("%04o read %c write %c both %c truncate %c", modes[i], may(path, O_RDONLY),
        may(path, O_WRONLY), may(path, O_RDWR), may(path, O_RDONLY | O_TRUNC));
    say(" execute %c", access(path, X_OK) == 0 ? 'y' : '-');
    snprintf(path, sizeof path, "d%04o", modes[i]);
    say("; list %c", may(path, O_RDONLY | O_DIRECTORY));
    snprintf(path, sizeof path, "d%04o/in", modes[i]);
    say(" search %c", may(path, O_RDONLY));
    struct stat status;
    say(" stat %c", stat(path, &status) == 0 ? 'y' : '-');
    snprintf(path, sizeof path, "d%04o/new", modes[i]);
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
    say(" make %c", file >= 0 ? 'y' : '-');
    if (file >= 0) close(file);
    say(" remove %c\n", file >= 0 && unlink(path) == 0 ? 'y' : '-');
  }
}

static void become(int user, int group, int extra) {
  gid_t list[] = {77, (gid_t)extra};
  NEED(setgroups(extra ? 2 : 0, list) == 0);
  NEED(setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0);
}

static int owner(void) { return become(1000, 5, 0), show("owner"), 0; }
static int group(void) { return become(1001, 1000, 0), show("group"), 0; }
static int supplementary(void) { return become(1001, 5, 1000), show("further group"), 0; }
static int other(void) { return become(1001, 5, 6), show("other"), 0; }
static int root(void) { return show("root"), 0; }

/* The file-system user decides about files, the real one about access(2). */
static int file_system(void) {
  NEED(setgroups(0, 0) == 0);
  NEED(setfsuid(1001) == 0 && setfsgid(5) == 0);
  show("file-system user");
  RESULT(setfsuid(0));
  RESULT(setfsgid(0));
  say("back: read %c\n", may("f0000", O_RDONLY));
  NEED(setresuid(1001, -1, -1) == 0);
  RESULT(access("f0000", R_OK));
  RESULT(faccessat(AT_FDCWD, "f0000", R_OK, AT_EACCESS));
  RESULT(access("d0700/in", F_OK));
  RESULT(faccessat(AT_FDCWD, "d0700/in", F_OK, AT_EACCESS));
  say("read %c\n", may("f0000", O_RDONLY));
  return 0;
}

int main(void) {
  umask(0);
  static const mode_t modes[] = {0700, 0400, 0200, 0100, 0070, 0040, 0020, 0010,
                                 0007, 0004, 0002, 0001, 0077, 0707, 0770, 0000};
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
    char path[40];
    snprintf(path, sizeof path, "f%04o", modes[i]);
    put(path, modes[i], 1000, 1000);
    snprintf(path, sizeof path, "d%04o", modes[i]);
    NEED(mkdir(path, 0777) == 0);
    snprintf(path, sizeof path, "d%04o/in", modes[i]);
    put(path, 0666, 0, 0);
    snprintf(path, sizeof path, "d%04o", modes[i]);
    NEED(chown(path, 1000, 1000) == 0 && chmod(path, modes[i]) == 0);
  }
  reap("owner", spawn(owner));
  reap("group", spawn(group));
  reap("further group", spawn(supplementary));
  reap("other", spawn(other));
  reap("root", spawn(root));
  reap("file-system user", spawn(file_system));
  return 0;
}
