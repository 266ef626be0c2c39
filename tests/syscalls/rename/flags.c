/* renameat2: RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT; link counts and inode numbers. */
#include "check.h"

enum { NOREPLACE = 1, EXCHANGE = 2, WHITEOUT = 4 };

static long rename2(const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void put(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && write(file, path, strlen(path)) > 0 && close(file) == 0);
}

static void show(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) {
    say("%s: %s\n", path, error_name(errno));
    return;
  }
  say("%s: mode %o, links %ld", path, status.st_mode, (long)status.st_nlink);
  if (S_ISCHR(status.st_mode)) say(", device %lx", (long)status.st_rdev);
  char text[64];
  int file = S_ISREG(status.st_mode) ? open(path, O_RDONLY) : -1;
  long length = file < 0 ? 0 : read(file, text, sizeof text);
  if (length > 0) say(", %.*s", (int)length, text);
  if (file >= 0) close(file);
  say("\n");
}

int main(void) {
  umask(022);
  put("a");
  put("b");
  NEED(mkdir("d", 0755) == 0 && mkdir("d/in", 0755) == 0 && mkdir("e", 0755) == 0);
  put("d/in/deep");
  RESULT(rename2("a", "b", 8));
  RESULT(rename2("a", "b", NOREPLACE | EXCHANGE));
  RESULT(rename2("a", "b", WHITEOUT | EXCHANGE));

  RESULT(rename2("a", "b", NOREPLACE));
  RESULT(rename2("a", "a", NOREPLACE));
  RESULT(rename2("a", "d", NOREPLACE));
  RESULT(rename2("absent", "b", NOREPLACE));
  RESULT(rename2("a", ".", NOREPLACE));
  RESULT(rename2("a", "new", NOREPLACE));
  show("new");
  show("b");

  RESULT(rename2("new", "absent", EXCHANGE));
  RESULT(rename2("absent", "new", EXCHANGE));
  RESULT(rename2("new", ".", EXCHANGE));
  RESULT(rename2("new", "b", EXCHANGE));
  show("new");
  show("b");
  RESULT(rename2("new", "new", EXCHANGE));
  RESULT(rename2("d", "d/in", EXCHANGE));
  RESULT(rename2("d/in", "d", EXCHANGE));
  RESULT(rename2("new", "d/", EXCHANGE));
  RESULT(rename2("new", "b/", EXCHANGE));
  RESULT(rename2("new/", "b", EXCHANGE));
  /* A file and a directory, in different directories. */
  show("d");
  show("e");
  RESULT(rename2("b", "d/in", EXCHANGE));
  show("d");
  show("b");
  show("d/in");
  show("b/deep");
  RESULT(rename2("b", "e/b", 0));
  show("e");
  struct stat outer, above;
  NEED(stat("e", &outer) == 0 && stat("e/b/..", &above) == 0);
  IS(outer.st_ino == above.st_ino);

  RESULT(rename2("new", "gone", WHITEOUT));
  show("new");
  show("gone");
  RESULT(rename2("gone", "new", WHITEOUT | NOREPLACE));
  RESULT(rename2("gone", "new", WHITEOUT));
  show("gone");
  show("new");
  RESULT(mknod("white", S_IFCHR | 0600, 0));
  show("white");

  /* Open files, and the directory that one is in, keep what they have. */
  put("x");
  put("y");
  int file = open("y", O_RDONLY);
  struct stat status;
  RESULT(rename2("x", "y", 0));
  NEED(fstat(file, &status) == 0);
  say("links %ld\n", (long)status.st_nlink);
  show("y");
  NEED(mkdir("w", 0755) == 0 && chdir("w") == 0 && rename2("../w", "../v", 0) == 0);
  char text[100];
  say("cwd %s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  NEED(mkdir("../u", 0755) == 0);
  RESULT(rename2("../u", "../v", 0));
  say("cwd %s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  RESULT(open("new", O_CREAT | O_WRONLY, 0644));
  RESULT(mkdir("new", 0755));
  RESULT(symlink("x", "new"));
  RESULT(mknod("new", S_IFIFO | 0644, 0));
  RESULT(link("/tmp/y", "new"));
  RESULT(access("..", F_OK));
  RESULT(access(".", F_OK));
  return 0;
}
