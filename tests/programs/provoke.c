/* Makes one call that reaches a chosen service, for the tests of what happens when it throws. The
 * exit status is the errno of that call (0: it worked): standard output may be what has died. */
#include "../syscalls/check.h"
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>

static int word;

static long provoke(const char *what) {
  char bytes[300] = {1};
  struct stat status;
  struct winsize window;
  struct statfs file_system;
  struct itimerval timer = {{0, 0}, {100, 0}};
  if (!strcmp(what, "write")) return write(1, "x", 1);
  if (!strcmp(what, "random")) return read(open("/dev/random", O_RDONLY), bytes, 8);
  if (!strcmp(what, "setpriority")) return setpriority(PRIO_PROCESS, 0, 5);
  if (!strcmp(what, "setitimer")) return setitimer(ITIMER_REAL, &timer, 0);
  if (!strcmp(what, "madvise"))
    return madvise((void *)((uintptr_t)&status & ~(uintptr_t)(PAGE - 1)), PAGE, MADV_NORMAL);
  if (!strcmp(what, "futex")) return syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0);
  if (!strcmp(what, "ioctl"))
    return ioctl(open("/dev/console", O_RDWR | O_NOCTTY), TIOCGWINSZ, &window);
  if (!strcmp(what, "truncate"))
    return ftruncate(open("file", O_RDWR | O_CREAT, 0644), 100);
  if (!strcmp(what, "stat")) return stat("/dev/null", &status);
  if (!strcmp(what, "getdents"))
    return syscall(SYS_getdents64, open("/proc", O_RDONLY), bytes, sizeof bytes);
  if (!strcmp(what, "flock")) return syscall(SYS_flock, 0, 2);
  if (!strcmp(what, "getsid")) return getsid(0);
  if (!strcmp(what, "event")) return write(eventfd(0, 0), bytes, 8);
  if (!strcmp(what, "pseudo")) return stat("/dev/pts/ptmx", &status);
  if (!strcmp(what, "socket")) {
    int ends[2];
    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    return send(ends[0], "x", 1, 0);
  }
  if (!strcmp(what, "folder")) return statfs("/mnt/folder", &file_system);
  if (!strcmp(what, "release")) {
    /* That the host is told of the close is waited for by nobody: the next call finds out. */
    close(open("/mnt/folder/file", O_RDWR | O_CREAT, 0644));
    return statfs("/mnt/folder", &file_system);
  }
  errno = EINVAL;
  return -1;
}

int main(int count, char **arguments) {
  if (count < 2) return EINVAL;
  const char *then = count > 2 ? arguments[2] : "";
  if (!strcmp(then, "signal")) alarm_every_ms(20);
  if (!strcmp(then, "with a waiting child")) {
    /* A child that waits in the same service: it must not wait for ever. */
    int ends[2];
    NEED(pipe(ends) == 0);
    if (fork() == 0) {
      char byte;
      long got = read(ends[0], &byte, 1);
      _exit(got < 0 ? errno : 0);
    }
    sleep_ms(10);
  }
  long result = provoke(arguments[1]);
  int failed = result < 0 ? errno : 0;
  if (!strcmp(then, "fault")) *(volatile int *)0 = 1;
  while (!strcmp(then, "signal")) continue;
  syscall(SYS_getppid);
  write(1, "alive\n", 6);
  syscall(SYS_exit_group, failed);
  return 0;
}
