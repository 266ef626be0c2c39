/* openat2: how a path may be resolved, and what the structure may not say.
 * qemu differs: version 7.2 does not know the call. */
#include "check.h"
#include <linux/openat2.h>
#include <sys/mount.h>

static int at = AT_FDCWD;

static long try_open(const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .resolve = resolve};
  long file = syscall(SYS_openat2, at, path, &how, sizeof how);
  if (file < 0) return -1;
  close((int)file);
  return 0;
}
#define OPEN(path, resolve) RESULT(try_open(path, O_RDONLY, resolve))

static long sized(struct open_how *how, size_t size) {
  return syscall(SYS_openat2, AT_FDCWD, "dir", how, size);
}

int main(void) {
  int file = open("file", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0 && mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0);
  NEED(mkdir("dir/mnt", 0755) == 0 && mount("none", "dir/mnt", "tmpfs", 0, 0) == 0);
  file = open("dir/inner", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && symlink("inner", "dir/link") == 0 && symlink("/inner", "dir/absolute") == 0);
  NEED(symlink("../file", "dir/out") == 0 && symlink("../../../inner", "dir/sub/far") == 0);
  NEED(symlink("/proc/self/fd", "dir/fds") == 0);
  char magic[64];
  snprintf(magic, sizeof magic, "/proc/self/fd/%d", file);

  at = open("dir", O_PATH);
  OPEN("inner", 0);
  OPEN("../file", 0);
  say("-- beneath\n");
  OPEN("inner", RESOLVE_BENEATH);
  OPEN("sub/../inner", RESOLVE_BENEATH);
  OPEN("../file", RESOLVE_BENEATH);
  OPEN("..", RESOLVE_BENEATH);
  OPEN("../dir/inner", RESOLVE_BENEATH);
  OPEN("/tmp/dir/inner", RESOLVE_BENEATH);
  OPEN("link", RESOLVE_BENEATH);
  OPEN("out", RESOLVE_BENEATH);
  OPEN("absolute", RESOLVE_BENEATH);
  OPEN("mnt", RESOLVE_BENEATH);
  OPEN("mnt/../inner", RESOLVE_BENEATH);
  OPEN(magic, RESOLVE_BENEATH);
  say("-- in root\n");
  OPEN("inner", RESOLVE_IN_ROOT);
  OPEN("/inner", RESOLVE_IN_ROOT);
  OPEN("../inner", RESOLVE_IN_ROOT);
  OPEN("/../../sub/../inner", RESOLVE_IN_ROOT);
  OPEN("absolute", RESOLVE_IN_ROOT);
  OPEN("sub/far", RESOLVE_IN_ROOT);
  OPEN("out", RESOLVE_IN_ROOT);
  OPEN("/tmp/file", RESOLVE_IN_ROOT);
  say("-- links\n");
  OPEN("link", RESOLVE_NO_SYMLINKS);
  OPEN("inner", RESOLVE_NO_SYMLINKS);
  OPEN("sub/../link", RESOLVE_NO_SYMLINKS);
  RESULT(try_open("link", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
  RESULT(try_open("link", O_RDONLY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
  OPEN(magic, 0);
  OPEN(magic, RESOLVE_NO_MAGICLINKS);
  OPEN("link", RESOLVE_NO_MAGICLINKS);
  say("-- mounts\n");
  OPEN("mnt", 0);
  OPEN("mnt", RESOLVE_NO_XDEV);
  OPEN("inner", RESOLVE_NO_XDEV);
  OPEN("../file", RESOLVE_NO_XDEV);
  close(at);
  at = open("dir/mnt", O_PATH);
  OPEN("..", RESOLVE_NO_XDEV);
  OPEN(".", RESOLVE_NO_XDEV);
  OPEN("../inner", 0);

  say("-- the structure\n");
  at = AT_FDCWD;
  OPEN("dir", 0x40);
  OPEN("dir", RESOLVE_BENEATH | RESOLVE_IN_ROOT);
  RESULT(try_open("dir", 1ull << 40, 0));
  RESULT(try_open("dir", 1u << 30, 0));
  RESULT(try_open("dir", O_PATH | O_RDWR, 0));
  RESULT(try_open("new", O_CREAT | O_RDWR, RESOLVE_CACHED));
  struct open_how how = {.flags = O_RDONLY, .mode = 0644};
  RESULT(sized(&how, sizeof how));
  how.flags = O_CREAT | O_RDWR;
  how.mode = 010644;
  RESULT(sized(&how, sizeof how));
  memset(&how, 0, sizeof how);
  RESULT(sized(&how, 0));
  RESULT(sized(&how, sizeof how - 1));
  RESULT(sized(&how, 1 << 20));
  char large[64] = {0};
  RESULT(sized((struct open_how *)large, sizeof large) >= 0);
  large[40] = 1;
  RESULT(sized((struct open_how *)large, sizeof large));
  RESULT(sized(bad_pointer(), sizeof how));
  RESULT(syscall(SYS_openat2, AT_FDCWD, bad_pointer(), &how, sizeof how));
  RESULT(syscall(SYS_openat2, 99, "dir", &how, sizeof how));
  how.flags = O_CREAT | O_EXCL | O_RDWR;
  how.mode = 0640;
  how.resolve = RESOLVE_BENEATH;
  IS(syscall(SYS_openat2, AT_FDCWD, "new", &how, sizeof how) >= 0);
  struct stat status;
  NEED(stat("new", &status) == 0);
  say("mode %o\n", status.st_mode);
  return 0;
}
