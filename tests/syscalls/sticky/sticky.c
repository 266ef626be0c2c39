/* A sticky directory: only the owner of a file, of the directory, or root takes names out. */
#include "check.h"

static void put(const char *path, int user) {
  int file = open(path, O_CREAT | O_WRONLY, 0666);
  NEED(file >= 0 && fchown(file, user, user) == 0 && close(file) == 0);
}

static void prepare(void) {
  NEED(mkdir("s", 01777) == 0 && mkdir("out", 0777) == 0);
  put("s/root", 0);
  put("s/one", 1000);
  put("s/two", 1001);
  NEED(mkdir("s/rootdir", 0777) == 0 && mkdir("s/onedir", 0777) == 0);
  NEED(chown("s/onedir", 1000, 1000) == 0 && symlink("one", "s/link") == 0);
  NEED(mkdir("own", 01777) == 0 && chown("own", 1000, 1000) == 0);
  put("own/two", 1001);
  put("own/roots", 0);
}

static int as_one(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(unlink("s/root"));
  RESULT(unlink("s/two"));
  RESULT(unlink("s/link"));
  RESULT(rmdir("s/rootdir"));
  RESULT(rmdir("s/one"));
  RESULT(unlink("s/rootdir"));
  RESULT(rename("s/two", "s/x"));
  RESULT(rename("s/two", "out/x"));
  RESULT(rename("s/one", "s/two"));
  RESULT(rename("s/root", "s/root"));
  RESULT(syscall(SYS_renameat2, AT_FDCWD, "s/one", AT_FDCWD, "s/two", 2));
  RESULT(truncate("s/two", 0));
  RESULT(chmod("s/two", 0600));
  RESULT(rename("s/one", "s/mine"));
  RESULT(unlink("s/mine"));
  RESULT(rename("s/onedir", "s/mydir"));
  RESULT(rmdir("s/mydir"));
  /* His own directory. */
  RESULT(unlink("own/two"));
  RESULT(rename("own/roots", "own/x"));
  RESULT(unlink("own/x"));
  int file = open("s/new", O_CREAT | O_EXCL | O_WRONLY, 0644);
  IS(file >= 0);
  return 0;
}

static int as_root(void) {
  RESULT(unlink("s/two"));
  RESULT(unlink("s/new"));
  return 0;
}

int main(void) {
  umask(0);
  prepare();
  reap("uid 1000", spawn(as_one));
  reap("root", spawn(as_root));
  return 0;
}
