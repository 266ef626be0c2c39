/* statfs, fstatfs: kinds of file systems, refusals. */
#include "check.h"
#include <sys/statfs.h>

static int as_user(void) {
  struct statfs figures;
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(statfs("dark/f", &figures));
  RESULT(statfs("dark", &figures));
  return 0;
}

int main(void) {
  struct statfs figures;
  char name[300], path[5000];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  memset(path, '/', sizeof path);
  path[sizeof path - 1] = 0;
  NEED(mkdir("dark", 0700) == 0 && symlink("loop", "loop") == 0 && symlink("dark", "link") == 0);
  int file = open("dark/f", O_CREAT | O_RDWR, 0644), pipes[2];
  NEED(file >= 0 && pipe(pipes) == 0);
  RESULT(statfs(".", &figures));
  say("type %lx, block %ld, name %ld, fragment %ld\n", (long)figures.f_type, (long)figures.f_bsize,
      (long)figures.f_namelen, (long)figures.f_frsize);
  IS(figures.f_bfree <= figures.f_blocks && figures.f_bavail <= figures.f_bfree);
  IS(figures.f_ffree < figures.f_files);
  RESULT(fstatfs(file, &figures));
  say("type %lx\n", (long)figures.f_type);
  RESULT(fstatfs(pipes[0], &figures));
  say("type %lx, name %ld\n", (long)figures.f_type, (long)figures.f_namelen);
  RESULT(statfs("/proc/self/status", &figures));
  say("type %lx, blocks %ld\n", (long)figures.f_type, (long)figures.f_blocks);
  RESULT(statfs("link", &figures));
  RESULT(fstatfs(open("dark", O_PATH), &figures));
  RESULT(statfs("absent", &figures));
  RESULT(statfs("", &figures));
  RESULT(statfs("dark/f/x", &figures));
  RESULT(statfs("loop", &figures));
  RESULT(statfs(name, &figures));
  RESULT(statfs(path, &figures));
  RESULT(statfs(bad_pointer(), &figures));
  RESULT(statfs(".", bad_pointer()));
  RESULT(fstatfs(99, &figures));
  RESULT(fstatfs(file, bad_pointer()));
  reap("uid 1000", spawn(as_user));
  return 0;
}
