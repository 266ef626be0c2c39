/* statx: masks, flags, the time of birth, refusals. */
#include "check.h"
#include <sys/sysmacros.h>

static void show(const char *what, struct statx *about) {
  say("%s: mode %o links %u uid %u gid %u size %lu blocks %lu block size %u\n", what,
      about->stx_mode, about->stx_nlink, about->stx_uid, about->stx_gid,
      (unsigned long)about->stx_size, (unsigned long)about->stx_blocks, about->stx_blksize);
}

int main(void) {
  struct statx about;
  struct stat plain;
  umask(022);
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  NEED(write(fd, "hello", 5) == 5 && symlink("file", "link") == 0);
  NEED(fstat(fd, &plain) == 0);
  RESULT(statx(AT_FDCWD, "file", 0, STATX_ALL, &about));
  show("file", &about);
  IS((about.stx_mask & (STATX_BASIC_STATS | STATX_BTIME)) == (STATX_BASIC_STATS | STATX_BTIME));
  IS(about.stx_ino == plain.st_ino);
  IS(about.stx_mtime.tv_sec == plain.st_mtim.tv_sec);
  IS(about.stx_mtime.tv_nsec == plain.st_mtim.tv_nsec);
  IS(about.stx_ctime.tv_nsec == plain.st_ctim.tv_nsec);
  IS(about.stx_atime.tv_nsec == plain.st_atim.tv_nsec);
  IS(about.stx_btime.tv_sec > 0 && about.stx_btime.tv_sec <= about.stx_mtime.tv_sec);
  IS(makedev(about.stx_dev_major, about.stx_dev_minor) == plain.st_dev);
  say("attributes %lx\n", (unsigned long)(about.stx_attributes & 0x70));
  IS((about.stx_attributes_mask & 0x70) == 0x70);
  struct timespec old[2] = {{-100, 5}, {5000000000, 7}};
  NEED(futimens(fd, old) == 0);
  RESULT(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &about));
  say("%ld.%09u %ld.%09u\n", (long)about.stx_atime.tv_sec, about.stx_atime.tv_nsec,
      (long)about.stx_mtime.tv_sec, about.stx_mtime.tv_nsec);
  RESULT(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &about));
  show("link", &about);
  RESULT(statx(AT_FDCWD, "link", AT_NO_AUTOMOUNT | AT_STATX_FORCE_SYNC, STATX_SIZE, &about));
  IS((about.stx_mask & STATX_SIZE) != 0 && about.stx_size == 5);
  RESULT(statx(AT_FDCWD, "/dev/null", AT_STATX_DONT_SYNC, STATX_TYPE, &about));
  say("device %u %u\n", about.stx_rdev_major, about.stx_rdev_minor);
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(statx(ends[0], "", AT_EMPTY_PATH, STATX_BASIC_STATS, &about));
  IS(S_ISFIFO(about.stx_mode));
  RESULT(statx(AT_FDCWD, "missing", 0, STATX_ALL, &about));
  RESULT(statx(AT_FDCWD, "", 0, STATX_ALL, &about));
  RESULT(statx(fd, "x", 0, STATX_ALL, &about));
  RESULT(statx(99, "x", 0, STATX_ALL, &about));
  RESULT(statx(99, "", AT_EMPTY_PATH, STATX_ALL, &about));
  RESULT(statx(AT_FDCWD, "file", AT_STATX_SYNC_TYPE, STATX_ALL, &about));
  RESULT(statx(AT_FDCWD, "file", 0x80000, STATX_ALL, &about));
  RESULT(statx(AT_FDCWD, "file", 0, 0x80000000, &about));
  RESULT(statx(AT_FDCWD, bad_pointer(), 0, STATX_ALL, &about));
  RESULT(statx(AT_FDCWD, "file", 0, STATX_ALL, bad_pointer()));
  return 0;
}
