/* rename: every refusal, and which one comes first. */
#include "check.h"

static void put(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && close(file) == 0);
}

static void as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(rename("closed/f", "open/f"));
  RESULT(rename("open/mine", "closed/f"));
  RESULT(rename("unsearchable/f", "open/f"));
  RESULT(rename("open/mine", "unsearchable/g"));
  RESULT(rename("sticky/root", "sticky/other"));
  RESULT(rename("sticky/root", "open/other"));
  RESULT(rename("open/mine", "sticky/root"));
  RESULT(rename("sticky/mine", "sticky/root"));
  RESULT(rename("sticky/mine", "sticky/mine2"));
  RESULT(rename("sticky/mine2", "open/moved"));
  RESULT(rename("open/roots", "open/taken"));
  /* A directory that gets another parent is itself changed. */
  RESULT(rename("open/rootdir", "open/renamed"));
  RESULT(rename("open/renamed", "open/sub/renamed"));
  RESULT(rename("open/minedir", "open/sub/minedir"));
  RESULT(rename("closed/absent", "open/x"));
  RESULT(rename("open/absent", "closed/x"));
  /* What is no removal needs no permission. */
  RESULT(rename("closed/f", "closed/same"));
}

int main(void) {
  char name[300], path[5000];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  memset(path, 'p', sizeof path);
  for (int i = 100; i < 4990; i += 100) path[i] = '/';
  path[4999] = 0;
  umask(0);
  put("file");
  put("other");
  NEED(mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0 && mkdir("empty", 0755) == 0);
  put("dir/f");
  NEED(symlink("file", "link") == 0 && symlink("dir", "dirlink") == 0);
  NEED(symlink("loop", "loop") == 0 && symlink("nowhere", "dangling") == 0);

  RESULT(rename("absent", "x"));
  RESULT(rename("", "x"));
  RESULT(rename("file", ""));
  RESULT(rename("file", "absent/x"));
  RESULT(rename("absent/x", "file"));
  RESULT(rename("file/x", "y"));
  RESULT(rename("file", "other/y"));
  RESULT(rename("loop/x", "y"));
  RESULT(rename("file", "loop/y"));
  RESULT(rename(name, "y"));
  RESULT(rename("file", name));
  RESULT(rename(path, "y"));
  RESULT(rename("file", path));
  RESULT(rename(bad_pointer(), "y"));
  RESULT(rename("file", bad_pointer()));

  /* Of what kinds the two are. */
  RESULT(rename("file", "dir"));
  RESULT(rename("file", "empty"));
  RESULT(rename("empty", "file"));
  RESULT(rename("empty", "dir"));
  RESULT(rename("dir", "dir/sub/x"));
  RESULT(rename("dir", "dir/x"));
  RESULT(rename("dir/sub", "dir"));
  RESULT(rename("dir/sub", "dir/sub"));
  RESULT(rename("dir", "dir"));
  RESULT(rename("file", "file"));
  RESULT(rename("absent", "absent"));

  /* Names that are none. */
  RESULT(rename(".", "x"));
  RESULT(rename("dir/.", "x"));
  RESULT(rename("dir/..", "x"));
  RESULT(rename("/", "x"));
  RESULT(rename("file", "."));
  RESULT(rename("file", "dir/.."));
  RESULT(rename("file", "/"));
  RESULT(rename("absent", "."));

  /* Slashes behind. */
  RESULT(rename("file/", "x"));
  RESULT(rename("file", "x/"));
  RESULT(rename("absent/", "x"));
  RESULT(rename("absent", "x/"));
  RESULT(rename("file", "dir/"));
  RESULT(rename("link/", "x"));
  RESULT(rename("dirlink/", "x"));
  RESULT(rename("empty", "link/"));
  RESULT(rename("empty", "dirlink/"));
  RESULT(rename("empty", "dangling/"));
  RESULT(rename("empty/", "moved/"));
  RESULT(rename("moved", "empty//"));

  /* Links are renamed themselves. */
  RESULT(rename("link", "link2"));
  RESULT(readlink("link2", name, sizeof name));
  RESULT(rename("dangling", "dirlink"));
  RESULT(readlink("dirlink", name, sizeof name));
  RESULT(rename("other", "loop"));

  /* A directory that was removed takes nothing any more. */
  int gone = open("empty", O_RDONLY | O_DIRECTORY);
  NEED(rmdir("empty") == 0);
  RESULT(renameat(AT_FDCWD, "file", gone, "x"));
  RESULT(renameat(gone, "x", AT_FDCWD, "y"));
  RESULT(renameat(gone, "..", AT_FDCWD, "y"));
  RESULT(renameat(99, "file", AT_FDCWD, "y"));
  int file = open("file", O_RDONLY);
  RESULT(renameat(file, "x", AT_FDCWD, "y"));
  RESULT(renameat(AT_FDCWD, "file", file, "y"));

  NEED(mkdir("closed", 0755) == 0 && mkdir("open", 0777) == 0 && mkdir("open/sub", 0777) == 0);
  NEED(mkdir("unsearchable", 0766) == 0 && mkdir("sticky", 01777) == 0);
  put("closed/f");
  NEED(link("closed/f", "closed/same") == 0);
  put("unsearchable/f");
  put("sticky/root");
  put("open/roots");
  NEED(mkdir("open/rootdir", 0755) == 0 && mkdir("open/minedir", 0755) == 0);
  put("open/mine");
  put("sticky/mine");
  NEED(chown("open/mine", 1000, 1000) == 0 && chown("sticky/mine", 1000, 1000) == 0);
  NEED(chown("open/minedir", 1000, 1000) == 0);
  pid_t child = fork();
  if (child == 0) {
    as_user();
    _exit(0);
  }
  reap("uid 1000", child);
  return 0;
}
