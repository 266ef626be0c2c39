/* MS_BIND of directories and files, with and without MS_REC, and MS_MOVE. */
#include "check.h"
#include <sys/mount.h>

static void put(const char *path, const char *text) {
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file < 0) {
    say("create %s: %s\n", path, error_name(errno));
    return;
  }
  NEED(write(file, text, strlen(text)) == (long)strlen(text) && close(file) == 0);
}

static void show(const char *path) {
  char text[32];
  int file = open(path, O_RDONLY);
  long length = file < 0 ? -1 : read(file, text, sizeof text);
  if (length < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: %.*s\n", path, (int)length, text);
  if (file >= 0) close(file);
}

static void where(void) {
  char text[300];
  say("cwd %s\n", getcwd(text, sizeof text) ? text : error_name(errno));
}

static struct stat status_of(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  return status;
}

int main(void) {
  NEED(mkdir("a", 0755) == 0 && mkdir("a/sub", 0755) == 0 && mkdir("b", 0755) == 0);
  NEED(mkdir("c", 0755) == 0 && mkdir("b/hidden", 0755) == 0);
  put("a/file", "one");
  put("a/sub/deep", "two");
  put("target", "three");
  RESULT(mount("a", "b", 0, MS_BIND, 0));
  show("b/file");
  RESULT(access("b/hidden", F_OK));
  put("b/new", "four");
  show("a/new");
  IS(status_of("a").st_dev == status_of("b").st_dev);
  IS(status_of("a").st_ino == status_of("b").st_ino);
  RESULT(link("a/file", "b/same"));
  RESULT(rename("a/file", "b/moved"));
  RESULT(rename("b/new", "b/newer"));
  NEED(chdir("b/sub") == 0);
  where();
  NEED(chdir("..") == 0);
  where();
  NEED(chdir("..") == 0);
  where();

  /* What is a mount point, seen from whatever side, stays. */
  RESULT(rmdir("b"));
  RESULT(rename("b", "x"));
  RESULT(unlinkat(AT_FDCWD, "b", 0));
  RESULT(mkdir("b", 0755));
  NEED(mount("none", "a/sub", "tmpfs", 0, 0) == 0);
  put("a/sub/inner", "five");
  RESULT(rmdir("b/sub"));
  RESULT(rename("b/sub", "b/bus"));
  show("b/sub/deep");
  RESULT(access("b/sub/inner", F_OK));

  /* Only with MS_REC the mounts below come along. */
  RESULT(mount("a", "c", 0, MS_BIND, 0));
  RESULT(access("c/sub/inner", F_OK));
  RESULT(umount("c"));
  RESULT(mount("a", "c", 0, MS_BIND | MS_REC, 0));
  show("c/sub/inner");
  RESULT(umount("c"));
  RESULT(umount("c/sub"));
  RESULT(umount("c"));
  RESULT(umount("a/sub"));
  show("a/sub/deep");

  /* Files. */
  RESULT(mount("a/file", "target", 0, MS_BIND, 0));
  show("target");
  put("target", "six");
  show("a/file");
  RESULT(unlink("target"));
  RESULT(rename("target", "x"));
  RESULT(rename("a/sub/deep", "target"));
  RESULT(link("target", "x"));
  put("other", "other");
  RESULT(link("other", "x"));
  RESULT(unlink("x"));
  RESULT(rename("other", "target"));
  RESULT(unlink("a/file"));
  show("target");
  RESULT(umount("target"));
  show("target");

  /* A bind mount of a bind mount, and of a directory in itself. */
  RESULT(mount("b/sub", "c", 0, MS_BIND, 0));
  RESULT(umount("b"));
  show("c/deep");
  RESULT(umount("c"));
  RESULT(mount("a", "a", 0, MS_BIND, 0));
  show("a/sub/deep");
  RESULT(mount("a", "a/sub", 0, MS_BIND, 0));
  show("a/sub/sub/deep");
  RESULT(umount("a"));
  RESULT(umount("a/sub"));
  RESULT(umount("a"));

  /* MS_MOVE takes a mount with all that is mounted below. */
  NEED(mount("none", "b", "tmpfs", 0, 0) == 0 && mkdir("b/in", 0755) == 0);
  NEED(mount("none", "b/in", "tmpfs", 0, 0) == 0);
  put("b/in/f", "seven");
  RESULT(mount("b", "b/in", 0, MS_MOVE, 0));
  RESULT(mount("b", "target", 0, MS_MOVE, 0));
  RESULT(mount("b", "c", 0, MS_MOVE, 0));
  show("c/in/f");
  show("b/in/f");
  RESULT(umount("b"));
  RESULT(umount("c/in"));
  RESULT(umount("c"));

  /* The directory above a mount point may be renamed: the mount goes with it. */
  NEED(mkdir("c/below", 0755) == 0);
  NEED(mount("none", "c/below", "tmpfs", 0, 0) == 0 && chdir("c/below") == 0);
  RESULT(rename("/tmp/c", "/tmp/k"));
  where();
  NEED(chdir("/tmp") == 0);
  RESULT(umount("k/below"));
  return 0;
}
