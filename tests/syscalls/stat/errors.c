/* stat, statfs, access and truncate: refusals, a bad pointer in every argument. */
#include "check.h"
#include <sys/file.h>
#include <sys/vfs.h>

int main(void) {
  struct stat about;
  struct statfs system;
  int fd = open("file", O_RDWR | O_CREAT, 0644), path = open("file", O_PATH), ends[2];
  NEED(pipe(ends) == 0 && symlink("loop", "loop") == 0);
  RESULT(stat(bad_pointer(), &about));
  RESULT(stat("file", bad_pointer()));
  RESULT(stat("missing", bad_pointer()));
  RESULT(lstat("file", bad_pointer()));
  RESULT(fstat(fd, bad_pointer()));
  RESULT(fstat(99, &about));
  RESULT(fstat(path, &about));
  RESULT(fstatat(fd, "", &about, AT_EMPTY_PATH));
  RESULT(fstatat(AT_FDCWD, "", &about, 0));
  RESULT(fstatat(AT_FDCWD, "file", &about, 0x10));
  RESULT(fstatat(fd, "x", &about, 0));
  RESULT(stat("loop", &about));
  RESULT(lstat("loop", &about));
  RESULT(stat("file/x", &about));
  RESULT(statfs("file", &system));
  say("%lx %ld %ld\n", (long)system.f_type, (long)system.f_bsize, (long)system.f_namelen);
  RESULT(fstatfs(fd, &system));
  RESULT(fstatfs(path, &system));
  RESULT(fstatfs(ends[0], &system));
  say("%lx\n", (long)system.f_type);
  RESULT(statfs("/proc", &system));
  RESULT(statfs(bad_pointer(), &system));
  RESULT(statfs("file", bad_pointer()));
  RESULT(statfs("missing", &system));
  RESULT(fstatfs(fd, bad_pointer()));
  RESULT(fstatfs(99, &system));
  RESULT(access(bad_pointer(), F_OK));
  RESULT(access("file", 8));
  RESULT(access("missing", F_OK));
  RESULT(faccessat(AT_FDCWD, "loop", F_OK, AT_SYMLINK_NOFOLLOW));
  RESULT(truncate(bad_pointer(), 0));
  RESULT(truncate("missing", 0));
  RESULT(truncate("file", -1));
  RESULT(truncate(".", 0));
  RESULT(truncate("file/x", 0));
  RESULT(ftruncate(fd, -1));
  RESULT(ftruncate(ends[1], 0));
  RESULT(ftruncate(open("file", O_RDONLY), 0));
  RESULT(ftruncate(path, 0));
  RESULT(ftruncate(99, 0));
  RESULT(ftruncate(open(".", O_RDONLY), 0));
  RESULT(flock(99, LOCK_SH));
  RESULT(flock(fd, 0));
  RESULT(flock(fd, LOCK_SH | LOCK_EX));
  RESULT(flock(path, LOCK_SH));
  RESULT(flock(ends[0], LOCK_EX));
  RESULT(lseek(99, 0, SEEK_SET));
  RESULT(lseek(ends[0], 0, SEEK_SET));
  RESULT(lseek(fd, 0, 9));
  RESULT(lseek(path, 0, SEEK_SET));
  RESULT(lseek(fd, -1, SEEK_SET));
  return 0;
}
