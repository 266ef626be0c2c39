/* Requests that every file has, and those of file systems. */
#include "check.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600), folder = open(".", O_RDONLY), ends[2], value;
  NEED(pipe(ends) == 0 && write(fd, "hello", 5) == 5 && write(ends[1], "abc", 3) == 3);
  RESULT(ioctl(fd, FIOCLEX));
  IS(fcntl(fd, F_GETFD) == FD_CLOEXEC);
  RESULT(ioctl(fd, FIONCLEX));
  IS(fcntl(fd, F_GETFD) == 0);
  value = 1;
  RESULT(ioctl(ends[0], FIONBIO, &value));
  IS((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
  value = 0;
  RESULT(ioctl(ends[0], FIONBIO, &value));
  IS((fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
  RESULT(ioctl(ends[0], FIONBIO, bad_pointer()));
  RESULT(ioctl(ends[0], FIONREAD, &value));
  say("%d\n", value);
  NEED(lseek(fd, 2, SEEK_SET) == 2);
  RESULT(ioctl(fd, FIONREAD, &value));
  say("%d\n", value);
  RESULT(ioctl(folder, FIONREAD, &value));
  RESULT(ioctl(ends[0], FIONREAD, bad_pointer()));
  RESULT(ioctl(fd, FIGETBSZ, &value));
  say("%d\n", value);
  RESULT(ioctl(fd, FIGETBSZ, bad_pointer()));
  RESULT(ioctl(fd, FS_IOC_GETFLAGS, &value));
  say("%x\n", value);
  value = FS_NODUMP_FL;
  RESULT(ioctl(fd, FS_IOC_SETFLAGS, &value));
  RESULT(ioctl(fd, FS_IOC_GETFLAGS, &value));
  say("%x\n", value);
  value = FS_COMPR_FL;
  RESULT(ioctl(fd, FS_IOC_SETFLAGS, &value));
  RESULT(ioctl(ends[0], FS_IOC_GETFLAGS, &value));
  RESULT(ioctl(fd, FS_IOC_GETFLAGS, bad_pointer()));
  RESULT(ioctl(fd, TCGETS, &value));
  RESULT(ioctl(ends[0], TIOCGWINSZ, &value));
  RESULT(ioctl(99, FIOCLEX));
  RESULT(ioctl(open("file", O_PATH), FIOCLEX));
  return 0;
}
