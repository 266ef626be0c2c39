/* What the links of /proc/self/fd say of files of every kind.
 * qemu differs: version 7.2 has no pidfd_open. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/* Digits of inode numbers are not facts. */
static void show(const char *what, int fd) {
  char path[60], text[300];
  NEED(fd >= 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(path, text, sizeof text - 1);
  NEED(length > 0);
  text[length] = 0;
  int kept = 0;
  for (char *at = text; *at; at++)
    if (*at < '0' || *at > '9') text[kept++] = *at;
  say("%s: %.*s\n", what, kept, text);
  struct stat there, at;
  NEED(fstat(fd, &at) == 0);
  say("  stat %s, type %o\n", stat(path, &there) == 0 && there.st_ino == at.st_ino ? "same" : "differs",
      at.st_mode & S_IFMT);
}

int main(void) {
  sigset_t set;
  int pair[2];
  sigemptyset(&set);
  show("memfd", memfd_create("a name", 0));
  show("unnamed", open("/tmp", O_TMPFILE | O_RDWR, 0600));
  show("eventfd", eventfd(0, 0));
  show("epoll", epoll_create1(0));
  show("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
  show("signalfd", signalfd(-1, &set, 0));
  show("inotify", inotify_init());
  show("pidfd", (int)syscall(SYS_pidfd_open, getpid(), 0));
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  show("socket", pair[0]);
  NEED(mkfifo("fifo", 0600) == 0);
  show("fifo", open("fifo", O_RDWR));
  show("device", open("/dev/zero", O_RDWR));
  NEED(mkdir("d", 0755) == 0);
  int directory = open("d", O_RDONLY);
  show("directory", directory);
  NEED(rmdir("d") == 0);
  show("removed", directory);
  NEED(symlink("fifo", "link") == 0);
  show("link itself", open("link", O_PATH | O_NOFOLLOW));
  show("link followed", open("link", O_PATH));
  show("dot", open("/tmp/./../tmp/.", O_RDONLY));
  show("process", open("/proc/self/task", O_RDONLY));
  return 0;
}
