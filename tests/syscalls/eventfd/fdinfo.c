/* /proc/self/fdinfo of eventfd, timerfd, signalfd, pidfd and epoll files.
 * qemu differs: its descriptors of signals are its own */
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

/* The lines behind those that every file has; ids, inodes and what is left of a time vary. */
static void show(const char *what, int fd) {
  char path[64], text[2048] = {0}, *line = text;
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  int file = open(path, O_RDONLY);
  NEED(file >= 0 && read(file, text, sizeof text - 1) > 0);
  close(file);
  say("%s\n", what);
  while (*line) {
    char *end = strchr(line, '\n');
    *end = 0;
    char *varies = strstr(line, "  pos:");
    if (varies) *varies = 0;
    int common = !strncmp(line, "pos:", 4) || !strncmp(line, "mnt_id:", 7) ||
                 !strncmp(line, "ino:", 4) || !strncmp(line, "flags:", 6);
    int own = !strncmp(line, "eventfd-id", 10) || !strncmp(line, "it_value: (9", 12);
    if (!strncmp(line, "Pid:", 4) || !strncmp(line, "NSpid:", 6)) {
      char *number = strchr(line, '\t');
      say(" %.5s own %d\n", line, atoi(number) == getpid());
    } else if (!common) say(" %s\n", own ? "(varies)" : line);
    line = end + 1;
  }
}

int main(void) {
  int counter = eventfd(0x1234, EFD_SEMAPHORE), timer = timerfd_create(CLOCK_REALTIME, 0);
  show("counter", counter);
  NEED(write(counter, &(uint64_t){0x5600000000}, 8) == 8);
  show("larger", counter);
  show("timer", timer);
  struct itimerspec spec = {{7, 8}, {1000000, 0}};
  NEED(timerfd_settime(timer, 0, &spec, 0) == 0);
  show("armed", timer);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, 64);
  show("signals", signalfd(-1, &set, 0));
  show("process", syscall(SYS_pidfd_open, getpid(), 0));
  int epoll = epoll_create1(0);
  show("empty set", epoll);
  struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1122334455667788}};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, counter, &event) == 0);
  show("set", epoll);
  return 0;
}
