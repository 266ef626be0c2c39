/* mkdir, rmdir: modes, link counts, set-group-ID directories, every refusal. */
#include "check.h"

static void show(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) {
    say("%s: %s\n", path, error_name(errno));
    return;
  }
  say("%s: mode %o, links %ld, owner %d:%d\n", path, status.st_mode, (long)status.st_nlink,
      (int)status.st_uid, (int)status.st_gid);
}

static void put(const char *path, mode_t mode) {
  int file = open(path, O_CREAT | O_WRONLY, mode);
  NEED(file >= 0 && close(file) == 0);
}

static int as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(mkdir("closed/x", 0755));
  RESULT(mkdir("closed/there", 0755));
  RESULT(mkdir("dark/x", 0755));
  RESULT(mkdir("dark/there", 0755));
  RESULT(mkdir("wide/mine", 0755));
  show("wide/mine");
  RESULT(mkdir("group/mine", 0755));
  show("group/mine");
  put("group/file", 0644);
  show("group/file");
  put("group/program", 02755);
  show("group/program");
  put("group/locked", 02644);
  show("group/locked");
  RESULT(mknod("group/fifo", S_IFIFO | 0644, 0));
  show("group/fifo");
  RESULT(symlink("x", "group/link"));
  struct stat status;
  NEED(lstat("group/link", &status) == 0);
  say("link: group %d\n", (int)status.st_gid);
  RESULT(rmdir("closed/there"));
  RESULT(rmdir("dark/there"));
  RESULT(rmdir("closed/absent"));
  RESULT(rmdir("closed/file"));
  RESULT(unlink("closed/file"));
  RESULT(unlink("closed/there"));
  RESULT(unlink("closed/absent"));
  RESULT(rmdir("wide/mine"));
  return 0;
}

int main(void) {
  char name[300];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  umask(022);
  NEED(mkdir("d", 0777) == 0);
  show("d");
  umask(0);
  NEED(mkdir("e", 07777) == 0);
  show("e");
  umask(0777);
  NEED(mkdir("f", 0777) == 0);
  show("f");
  umask(0);
  RESULT(mkdir("d/a", 0755));
  RESULT(mkdir("d/b", 0755));
  show("d");
  RESULT(rmdir("d/a"));
  show("d");
  put("file", 0644);
  NEED(symlink("d", "link") == 0 && symlink("nowhere", "dangling") == 0);

  RESULT(mkdir("d", 0755));
  RESULT(mkdir("d/", 0755));
  RESULT(mkdir("file", 0755));
  RESULT(mkdir("file/", 0755));
  RESULT(mkdir("file/x", 0755));
  RESULT(mkdir("link", 0755));
  RESULT(mkdir("link/", 0755));
  RESULT(mkdir("dangling", 0755));
  RESULT(mkdir("dangling/", 0755));
  RESULT(mkdir("absent/x", 0755));
  RESULT(mkdir("", 0755));
  RESULT(mkdir(".", 0755));
  RESULT(mkdir("..", 0755));
  RESULT(mkdir("/", 0755));
  RESULT(mkdir("d/.", 0755));
  RESULT(mkdir("d/b/..", 0755));
  RESULT(mkdir(name, 0755));
  RESULT(mkdir(bad_pointer(), 0755));
  RESULT(mkdirat(99, "x", 0755));
  RESULT(mkdir("slash///", 0755));
  show("slash");

  RESULT(rmdir("d"));
  RESULT(rmdir("file"));
  RESULT(rmdir("file/"));
  RESULT(rmdir("link"));
  RESULT(rmdir("link/"));
  RESULT(rmdir("dangling"));
  RESULT(rmdir("absent"));
  RESULT(rmdir("absent/x"));
  RESULT(rmdir(""));
  RESULT(rmdir("."));
  RESULT(rmdir("d/."));
  RESULT(rmdir("d/.."));
  RESULT(rmdir("d/b/.."));
  RESULT(rmdir("/"));
  RESULT(rmdir("//"));
  RESULT(rmdir(name));
  RESULT(rmdir(bad_pointer()));
  RESULT(rmdir("slash//"));
  RESULT(unlink("d"));
  RESULT(unlink("d/"));
  RESULT(unlink("file/"));
  RESULT(unlink("link/"));
  RESULT(unlink("dangling/"));
  RESULT(unlink("absent/"));
  RESULT(unlink("."));
  RESULT(unlink("/"));
  RESULT(unlink("d/.."));
  RESULT(unlink(""));
  RESULT(unlink(name));
  RESULT(unlink("file/x"));
  RESULT(unlink(bad_pointer()));
  RESULT(unlinkat(AT_FDCWD, "file", 0x100));
  RESULT(unlinkat(99, "file", 0));

  /* A directory lives on without a name. */
  int directory = open("d/b", O_RDONLY | O_DIRECTORY);
  RESULT(rmdir("d/b"));
  struct stat status;
  NEED(fstat(directory, &status) == 0);
  say("links %ld\n", (long)status.st_nlink);
  RESULT(mkdirat(directory, "x", 0755));
  RESULT(faccessat(directory, "..", F_OK, 0));
  RESULT(openat(directory, "x", O_CREAT | O_WRONLY, 0644));

  NEED(mkdir("closed", 0755) == 0 && mkdir("closed/there", 0755) == 0);
  put("closed/file", 0644);
  NEED(mkdir("dark", 0722) == 0 && mkdir("dark/there", 0755) == 0);
  NEED(mkdir("wide", 0777) == 0 && mkdir("group", 0777) == 0);
  NEED(chown("group", 0, 50) == 0 && chmod("group", 02777) == 0);
  RESULT(mkdir("group/roots", 0755));
  show("group/roots");
  put("group/rootfile", 02755);
  show("group/rootfile");
  reap("uid 1000", spawn(as_user));
  return 0;
}
