/* utimensat: now, leave, before 1970, past 2038 and 2106, who may, what is refused. */
#include "check.h"

static void show(const char *what) {
  struct stat about;
  NEED(stat("file", &about) == 0);
  say("%s: %ld.%09ld %ld.%09ld\n", what, (long)about.st_atim.tv_sec, about.st_atim.tv_nsec,
      (long)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
}

static void set(const char *what, long first, long first_part, long second, long second_part) {
  struct timespec times[2] = {{first, first_part}, {second, second_part}};
  show_result(what, (errno = 0, utimensat(AT_FDCWD, "file", times, 0)));
  show(what);
}

static int other(void) {
  struct timespec fixed[2] = {{5, 5}, {6, 6}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  struct timespec half[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  struct timespec none[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(utimensat(AT_FDCWD, "file", fixed, 0));
  RESULT(utimensat(AT_FDCWD, "file", now, 0));
  RESULT(utimensat(AT_FDCWD, "file", 0, 0));
  RESULT(utimensat(AT_FDCWD, "file", half, 0));
  RESULT(utimensat(AT_FDCWD, "file", none, 0));
  RESULT(utimensat(AT_FDCWD, "writable", now, 0));
  RESULT(utimensat(AT_FDCWD, "writable", 0, 0));
  RESULT(utimensat(AT_FDCWD, "writable", half, 0));
  RESULT(utimensat(AT_FDCWD, "writable", fixed, 0));
  return 0;
}

int main(void) {
  umask(0);
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(symlink("file", "link") == 0 && mknod("writable", S_IFREG | 0666, 0) == 0);
  set("plain", 100, 1, 200, 999999999);
  set("past 2038", 2147483648, 0, 4294967295, 5);
  set("past 2106", 4294967296, 0, 253402300799, 0);
  set("before 1970", -1, 500000000, -2147483648, 1);
  set("long before", -5000000000, 0, -4294967297, 0);
  set("leave the first", 7, UTIME_OMIT, 300, 0);
  set("leave the second", 400, 0, 8, UTIME_OMIT);
  set("leave both", -9, UTIME_OMIT, -9, UTIME_OMIT);
  set("too many nanoseconds", 1, 1000000000, 1, 0);
  set("negative nanoseconds", 1, 0, 1, -1);
  struct timespec times[2] = {{1, 1}, {2, 2}};
  RESULT(utimensat(fd, "", times, AT_EMPTY_PATH));
  show("empty path");
  times[0].tv_sec = 3;
  RESULT(futimens(fd, times));
  show("futimens");
  RESULT(futimens(fd, 0));
  struct stat about;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  NEED(fstat(fd, &about) == 0);
  IS(now.tv_sec - about.st_mtim.tv_sec <= 1 && about.st_atim.tv_sec == about.st_mtim.tv_sec);
  times[0].tv_sec = 4;
  RESULT(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
  NEED(lstat("link", &about) == 0);
  say("link %ld\n", (long)about.st_atim.tv_sec);
  RESULT(utimensat(AT_FDCWD, "missing", times, 0));
  RESULT(utimensat(AT_FDCWD, "", times, 0));
  RESULT(utimensat(99, "file", times, 0));
  RESULT(utimensat(fd, "file", times, 0));
  RESULT(utimensat(AT_FDCWD, "file", times, 0x8000));
  RESULT(utimensat(AT_FDCWD, bad_pointer(), times, 0));
  RESULT(utimensat(AT_FDCWD, "file", bad_pointer(), 0));
  RESULT(utimensat(AT_FDCWD, 0, times, 0));
  reap("other", spawn(other));
  return 0;
}
