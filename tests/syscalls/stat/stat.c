/* stat, lstat, fstat, fstatat: types, sizes, links, owners, times, errors. */
#include "check.h"
#include <sys/sysmacros.h>

static void show(const char *what, const struct stat *status) {
  const char *type = S_ISREG(status->st_mode)    ? "file"
                     : S_ISDIR(status->st_mode)  ? "directory"
                     : S_ISLNK(status->st_mode)  ? "link"
                     : S_ISCHR(status->st_mode)  ? "character device"
                     : S_ISFIFO(status->st_mode) ? "pipe"
                                                 : "?";
  say("%s: %s %o, owner %d:%d", what, type, (unsigned)status->st_mode & 07777, (int)status->st_uid,
      (int)status->st_gid);
  if (S_ISREG(status->st_mode) || S_ISLNK(status->st_mode))
    say(", size %ld, links %ld", (long)status->st_size, (long)status->st_nlink);
  say("\n");
}

int main(void) {
  struct stat status, other;
  umask(022);
  int file = open("file", O_CREAT | O_RDWR, 0640), ends[2];
  NEED(write(file, "12345", 5) == 5 && symlink("file", "link") == 0 && mkdir("folder", 0700) == 0);
  NEED(pipe(ends) == 0);
  RESULT(stat("file", &status));
  show("file", &status);
  RESULT(stat("link", &other));
  IS(other.st_ino == status.st_ino && other.st_dev == status.st_dev);
  RESULT(lstat("link", &other));
  show("link", &other);
  IS(other.st_ino != status.st_ino);
  RESULT(fstat(file, &other));
  IS(other.st_ino == status.st_ino);
  RESULT(stat("folder", &other));
  show("folder", &other);
  RESULT(stat("/dev/null", &other));
  show("/dev/null", &other);
  say("device %u:%u\n", major(other.st_rdev), minor(other.st_rdev));
  RESULT(stat("/dev/zero", &other));
  say("device %u:%u\n", major(other.st_rdev), minor(other.st_rdev));
  RESULT(fstat(ends[0], &other));
  IS(S_ISFIFO(other.st_mode));
  IS(status.st_blksize > 0);
  IS(status.st_blocks == 8 || status.st_blocks > 0);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  IS(labs(now.tv_sec - status.st_mtim.tv_sec) < 60 && labs(now.tv_sec - status.st_atime) < 60);
  sleep_ms(30);
  NEED(write(file, "6", 1) == 1 && fstat(file, &other) == 0);
  IS(other.st_mtim.tv_sec > status.st_mtim.tv_sec || other.st_mtim.tv_nsec > status.st_mtim.tv_nsec);
  RESULT(fstatat(AT_FDCWD, "link", &other, AT_SYMLINK_NOFOLLOW));
  show("link", &other);
  RESULT(fstatat(file, "", &other, AT_EMPTY_PATH));
  show("by descriptor", &other);
  RESULT(fstatat(ends[0], "x", &other, 0));
  RESULT(fstatat(AT_FDCWD, "file", &other, 0x40000));
  RESULT(stat("absent", &other));
  RESULT(stat("file/x", &other));
  RESULT(stat("", &other));
  RESULT(stat("folder/../file", &other));
  RESULT(stat("file/", &other));
  RESULT(fstat(-1, &other));
  RESULT(stat(bad_pointer(), &other));
  RESULT(syscall(SYS_newfstatat, AT_FDCWD, "file", bad_pointer(), 0));
  RESULT(chmod("file", 0604));
  RESULT(stat("file", &other));
  show("file", &other);
  RESULT(chown("file", 5, 6));
  RESULT(stat("file", &other));
  show("file", &other);
  struct timespec times[2] = {{1000, 5}, {2000, 7}};
  RESULT(utimensat(AT_FDCWD, "file", times, 0));
  RESULT(stat("file", &other));
  say("%ld %ld %ld\n", (long)other.st_atim.tv_sec, (long)other.st_mtim.tv_sec,
      (long)other.st_mtim.tv_nsec);
  return 0;
}
