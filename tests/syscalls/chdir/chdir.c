/* chdir, fchdir, getcwd: refusals, and which one comes first. */
#include "check.h"

static long current(char *buffer, size_t size) { return syscall(SYS_getcwd, buffer, size); }

static int as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(chdir("dark"));
  RESULT(chdir("list"));
  RESULT(chdir("dark/in"));
  RESULT(chdir("search/in"));
  char text[100];
  RESULT(current(text, sizeof text));
  RESULT(open(".", O_RDONLY | O_DIRECTORY) >= 0);
  RESULT(open("..", O_RDONLY));
  return 0;
}

int main(void) {
  char text[5000], name[300];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  umask(0);
  NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && symlink("d/e", "link") == 0);
  NEED(mkdir("dark", 0700) == 0 && mkdir("list", 0744) == 0 && mkdir("search", 0711) == 0);
  NEED(mkdir("dark/in", 0777) == 0 && mkdir("search/in", 0777) == 0);
  int file = open("f", O_CREAT | O_RDWR, 0644);
  RESULT(chdir("f"));
  RESULT(chdir("absent"));
  RESULT(chdir(""));
  RESULT(chdir("f/x"));
  RESULT(chdir(name));
  RESULT(chdir(bad_pointer()));
  RESULT(fchdir(file));
  RESULT(fchdir(-1));
  RESULT(fchdir(AT_FDCWD));
  RESULT(fchdir(99));
  RESULT(chdir("link"));
  RESULT(current(text, sizeof text));
  say("%s\n", text);
  RESULT(current(text, 9));
  RESULT(current(text, 8));
  RESULT(current(text, 0));
  RESULT(current(0, 100));
  RESULT(current(bad_pointer(), 100));
  RESULT(chdir("../../link/.."));
  say("%s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  int directory = open(".", O_PATH);
  NEED(chdir("/tmp/d/e") == 0 && rmdir("/tmp/d/e") == 0);
  RESULT(current(text, sizeof text));
  RESULT(chdir("."));
  RESULT(chdir(".."));
  say("%s\n", getcwd(text, sizeof text) ? text : error_name(errno));
  RESULT(fchdir(directory));
  NEED(chdir("/tmp") == 0);
  reap("uid 1000", spawn(as_user));
  /* Deep down the path grows longer than a path can be; the directory is still there. */
  long depth = 0;
  memset(name, 'n', 250);
  name[250] = 0;
  while (depth < 20 && mkdir(name, 0755) == 0 && chdir(name) == 0) depth++;
  say("depth %ld\n", depth);
  RESULT(current(text, sizeof text));
  RESULT(access(".", F_OK));
  RESULT(access("..", F_OK));
  return 0;
}
