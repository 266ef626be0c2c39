/* /proc/self/mounts and mountinfo can be polled for changes: POLLERR and POLLPRI, told once. */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>

static int tables[2];

static void look(const char *what) {
  struct pollfd list[2] = {{tables[0], POLLIN | POLLPRI, 0}, {tables[1], POLLPRI, 0}};
  int count = poll(list, 2, 0);
  say("%s: %d, %x %x\n", what, count, list[0].revents, list[1].revents);
}

int main(void) {
  NEED(mkdir("place", 0700) == 0);
  tables[0] = open("/proc/self/mounts", O_RDONLY);
  tables[1] = open("/proc/self/mountinfo", O_RDONLY);
  look("opened");
  RESULT(mount("none", "place", "tmpfs", 0, 0));
  look("mounted");
  look("told");
  RESULT(umount("place"));
  look("unmounted");
  int set = epoll_create1(0);
  struct epoll_event event = {EPOLLPRI, {.u64 = 1}};
  RESULT(epoll_ctl(set, EPOLL_CTL_ADD, tables[1], &event));
  RESULT(epoll_wait(set, &event, 1, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(5);
    _exit(mount("none", "place", "tmpfs", 0, 0) != 0);
  }
  RESULT(epoll_wait(set, &event, 1, -1));
  say("events %x\n", event.events);
  reap("child", child);
  RESULT(epoll_wait(set, &event, 1, 0));
  RESULT(umount("place"));
  RESULT(epoll_wait(set, &event, 1, 0));
  int other = open("/proc/self/status", O_RDONLY);
  RESULT(epoll_ctl(set, EPOLL_CTL_ADD, other, &event));
  return 0;
}
