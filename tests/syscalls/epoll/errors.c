/* epoll: every refusal of epoll_create1, epoll_ctl, epoll_pwait and epoll_pwait2.
 * qemu differs: it has no epoll_pwait2, and asks for memory before there are events */
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static struct epoll_event event = {EPOLLIN, {.u64 = 1}};

static long pwait2(int fd, void *events, int count, const void *time, const void *set, size_t size) {
  return syscall(441, fd, events, count, time, set, size);
}

static void control(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int other = epoll_create1(0);
  int fd = eventfd(0, 0);
  RESULT(epoll_create1(1));
  RESULT(fcntl(epoll, F_GETFD));
  RESULT(epoll_ctl(-1, EPOLL_CTL_ADD, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, -1, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, 1000, &event));
  RESULT(epoll_ctl(fd, EPOLL_CTL_ADD, epoll, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, bad_pointer()));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, -1, bad_pointer()));
  RESULT(epoll_ctl(epoll, 9, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, bad_pointer()));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  int folder = open(".", O_RDONLY | O_DIRECTORY);
  int null = open("/dev/null", O_RDWR);
  int path = open("/dev/null", O_PATH);
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, folder, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, null, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, path, &event));
  struct epoll_event alone = {EPOLLIN | EPOLLEXCLUSIVE, {.u64 = 1}};
  struct epoll_event wrong = {EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE, {.u64 = 1}};
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wrong));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, other, &alone));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &alone));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
  RESULT(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &alone));
  char bytes[8];
  RESULT(read(epoll, bytes, 8));
  RESULT(write(epoll, bytes, 8));
  char name[64] = {0}, link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", epoll);
  RESULT(readlink(link, name, sizeof name));
  say("%s\n", name);
}

static void wait_refusals(void) {
  int epoll = epoll_create1(0);
  int fd = eventfd(1, 0);
  struct epoll_event events[2];
  struct timespec zero = {0, 0}, wrong = {0, 1000000000}, negative = {-1, 0};
  uint64_t set = 0;
  RESULT(epoll_wait(-1, events, 2, 0));
  RESULT(epoll_wait(fd, events, 2, 0));
  RESULT(epoll_wait(epoll, events, 0, 0));
  RESULT(epoll_wait(epoll, events, -1, 0));
  RESULT(epoll_wait(epoll, bad_pointer(), 2, 0));
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  RESULT(epoll_wait(epoll, bad_pointer(), 2, 0));
  RESULT(epoll_wait(epoll, events, 2, 0));
  RESULT(syscall(SYS_epoll_pwait, epoll, events, 2, 0, &set, 4));
  RESULT(syscall(SYS_epoll_pwait, epoll, events, 2, 0, bad_pointer(), 8));
  RESULT(syscall(SYS_epoll_pwait, epoll, events, 2, 0, &set, 8));
  RESULT(pwait2(epoll, events, 2, &zero, 0, 0));
  RESULT(pwait2(epoll, events, 2, 0, 0, 0));
  RESULT(pwait2(epoll, events, 2, &wrong, 0, 0));
  RESULT(pwait2(epoll, events, 2, &negative, 0, 0));
  RESULT(pwait2(epoll, events, 2, bad_pointer(), 0, 0));
  RESULT(pwait2(epoll, events, 2, &zero, &set, 4));
  RESULT(pwait2(epoll, events, 2, &zero, bad_pointer(), 8));
  RESULT(pwait2(epoll, bad_pointer(), 2, &zero, 0, 0));
  RESULT(pwait2(-1, events, 2, &zero, 0, 0));
  RESULT(pwait2(epoll, events, 0, &zero, 0, 0));
  NEED(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0) == 0);
  struct timespec little = {0, 2000000};
  RESULT(pwait2(epoll, events, 2, &little, 0, 0));
  RESULT(epoll_wait(epoll, events, 2, 2));
}

static void nesting(void) {
  int chain[7];
  int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0);
  RESULT(epoll_ctl(a, EPOLL_CTL_ADD, b, &event));
  RESULT(epoll_ctl(b, EPOLL_CTL_ADD, a, &event));
  RESULT(epoll_ctl(b, EPOLL_CTL_ADD, c, &event));
  RESULT(epoll_ctl(c, EPOLL_CTL_ADD, a, &event));
  int fd = eventfd(0, 0);
  int inner = fd;
  for (int i = 0; i < 7; i++) {
    chain[i] = epoll_create1(0);
    errno = 0;
    int result = epoll_ctl(chain[i], EPOLL_CTL_ADD, inner, &event);
    say("level %d: %d %s\n", i + 1, result, result < 0 ? error_name(errno) : "");
    inner = chain[i];
  }
}

int main(void) {
  control();
  wait_refusals();
  nesting();
  return 0;
}
