/* O_TMPFILE: a file without a name, which linkat may give one.
 * qemu differs: it drops a flag that it does not know. */
#include "check.h"

int main(void) {
  struct stat about;
  char bytes[8], path[64];
  umask(022);
  NEED(mkdir("folder", 0755) == 0);
  int fd = open("folder", O_TMPFILE | O_RDWR, 0666);
  NEED(fd >= 0 && fstat(fd, &about) == 0);
  say("mode %o links %d size %ld\n", about.st_mode, (int)about.st_nlink, (long)about.st_size);
  RESULT(write(fd, "hello", 5));
  IS(rmdir("folder") == 0 && mkdir("folder", 0755) == 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  RESULT(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
  NEED(fstat(fd, &about) == 0);
  say("links %d\n", (int)about.st_nlink);
  int again = open("named", O_RDONLY);
  RESULT(read(again, bytes, sizeof bytes));
  RESULT(linkat(fd, "", AT_FDCWD, "second", AT_EMPTY_PATH));
  int only = open(".", O_TMPFILE | O_WRONLY | O_EXCL, 0600);
  RESULT(linkat(only, "", AT_FDCWD, "third", AT_EMPTY_PATH));
  NEED(unlink("named") == 0 && unlink("second") == 0);
  RESULT(linkat(fd, "", AT_FDCWD, "fourth", AT_EMPTY_PATH));
  IS((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
  RESULT(open(".", O_TMPFILE | O_RDONLY, 0600));
  RESULT(open("missing", O_TMPFILE | O_RDWR, 0600));
  NEED(mknod("file", S_IFREG | 0600, 0) == 0);
  RESULT(open("file", O_TMPFILE | O_RDWR, 0600));
  RESULT(open(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
  NEED(chmod(".", 0755) == 0);
  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    RESULT(open("folder", O_TMPFILE | O_RDWR, 0600));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
