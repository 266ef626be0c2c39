/* Immutable files, and files that may only grow (ioctl_iflags(2)); the expectation is by hand.
 * riscv64 only: setting these flags is for root of the whole host, whom the harness is not.
 * qemu differs: it is refused as well. */
#include "check.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

static int set(const char *path, int flags) {
  int fd = open(path, O_RDONLY);
  int result = ioctl(fd, FS_IOC_SETFLAGS, &flags);
  close(fd);
  return result;
}

static void test(const char *path) {
  struct timespec times[2] = {{1, 1}, {2, 2}};
  struct stat about;
  RESULT(open(path, O_WRONLY));
  RESULT(open(path, O_RDWR | O_TRUNC));
  int fd = open(path, O_WRONLY | O_APPEND);
  if (fd >= 0) RESULT(write(fd, "x", 1));
  if (fd >= 0) RESULT(ftruncate(fd, 0));
  if (fd >= 0) RESULT(fcntl(fd, F_SETFL, 0));
  if (fd >= 0) close(fd);
  RESULT(truncate(path, 0));
  RESULT(chmod(path, 0600));
  RESULT(chown(path, 1, 1));
  RESULT(utimensat(AT_FDCWD, path, times, 0));
  RESULT(utimensat(AT_FDCWD, path, 0, 0));
  RESULT(setxattr(path, "user.x", "y", 1, 0));
  RESULT(link(path, "second"));
  RESULT(rename(path, "other"));
  RESULT(unlink(path));
  RESULT(access(path, W_OK));
  RESULT(stat(path, &about));
}

int main(void) {
  NEED(mknod("immutable", S_IFREG | 0644, 0) == 0 && mknod("grows", S_IFREG | 0644, 0) == 0);
  NEED(mkdir("folder", 0755) == 0 && mknod("folder/file", S_IFREG | 0644, 0) == 0);
  RESULT(set("immutable", FS_IMMUTABLE_FL));
  test("immutable");
  RESULT(set("grows", FS_APPEND_FL));
  test("grows");
  RESULT(set("folder", FS_IMMUTABLE_FL));
  RESULT(mkdir("folder/sub", 0700));
  RESULT(unlink("folder/file"));
  RESULT(set("folder", FS_APPEND_FL));
  RESULT(mkdir("folder/sub", 0700));
  RESULT(rmdir("folder/sub"));
  RESULT(set("folder", 0));
  RESULT(rmdir("folder/sub"));
  RESULT(set("immutable", 0));
  RESULT(set("grows", 0));
  RESULT(unlink("immutable"));
  RESULT(unlink("grows"));
  return 0;
}
