/* mkdir, rmdir, chdir, getcwd, fchdir: results and errors. */
#include "check.h"

static void where(void) {
  char path[300];
  NEED(getcwd(path, sizeof path));
  const char *inside = strstr(path, "/top");
  say("in %s\n", inside ? inside : "the start");
}

int main(void) {
  char path[300], small[2];
  RESULT(mkdir("top", 0755));
  RESULT(mkdir("top", 0755));
  RESULT(mkdir("absent/inner", 0755));
  RESULT(mkdir("top/inner/", 0755));
  RESULT(mkdir("", 0755));
  int file = open("file", O_CREAT | O_RDWR, 0644);
  RESULT(mkdir("file", 0755));
  RESULT(mkdir("file/inner", 0755));
  RESULT(mkdir(bad_pointer(), 0755));
  where();
  int start = open(".", O_RDONLY | O_DIRECTORY);
  RESULT(chdir("top/inner"));
  where();
  RESULT(chdir(".."));
  where();
  RESULT(chdir("./inner/../inner/."));
  where();
  RESULT(chdir("absent"));
  RESULT(chdir("../../file"));
  RESULT(chdir(bad_pointer()));
  RESULT(fchdir(start));
  where();
  RESULT(fchdir(file));
  RESULT(fchdir(99));
  RESULT(syscall(SYS_getcwd, small, sizeof small));
  RESULT(syscall(SYS_getcwd, bad_pointer(), 300));
  IS(syscall(SYS_getcwd, path, sizeof path) == (long)strlen(path) + 1);
  RESULT(rmdir("top"));
  RESULT(rmdir("file"));
  RESULT(rmdir("absent"));
  RESULT(rmdir("top/inner/."));
  RESULT(rmdir("top/inner/.."));
  RESULT(unlink("top"));
  struct stat status;
  stat("top", &status);
  say("links %ld\n", (long)status.st_nlink);
  RESULT(rmdir("top/inner"));
  stat("top", &status);
  say("links %ld\n", (long)status.st_nlink);
  RESULT(chdir("top"));
  RESULT(rmdir("../top"));
  RESULT(open("made", O_CREAT | O_RDWR, 0644));
  RESULT(syscall(SYS_getcwd, path, sizeof path));
  RESULT(access("..", F_OK));
  RESULT(fchdir(start));
  RESULT(access("top", F_OK));
  NEED(chdir("/") == 0 && getcwd(path, sizeof path));
  say("%s\n", path);
  RESULT(chdir("../../.."));
  NEED(getcwd(path, sizeof path));
  say("%s\n", path);
  return 0;
}
