/* signalfd4: signals as bytes; what is told of each; waiting, polling, epoll, threads; refusals.
 * qemu differs: it takes any size of a signal set */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static sigset_t set_of(int first, int second) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, first);
  if (second) sigaddset(&set, second);
  return set;
}

static int raised(int fd) {
  struct pollfd entry = {fd, POLLIN | POLLOUT, 0};
  return poll(&entry, 1, 0) < 0 ? -1 : entry.revents;
}

static void show(const struct signalfd_siginfo *info) {
  say("%s code %d own %d status %d value %d\n", signal_name(info->ssi_signo), info->ssi_code,
      info->ssi_pid == (uint32_t)getpid(), info->ssi_status, info->ssi_int);
}

static void reading(void) {
  sigset_t set = set_of(SIGUSR1, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  struct signalfd_siginfo info[4];
  RESULT(read(fd, info, sizeof info));
  RESULT(raised(fd));
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  union sigval value = {.sival_int = 42};
  sigqueue(getpid(), SIGRTMIN, value);
  value.sival_int = 43;
  sigqueue(getpid(), SIGRTMIN, value);
  RESULT(raised(fd));
  RESULT(read(fd, info, sizeof info[0] + 5));
  show(info);
  RESULT(read(fd, info, sizeof info));
  show(info);
  show(info + 1);
  RESULT(read(fd, info, sizeof info));
  sigset_t other = set_of(SIGUSR2, 0);
  sigprocmask(SIG_BLOCK, &other, 0);
  kill(getpid(), SIGUSR2);
  RESULT(raised(fd));
  RESULT(signalfd(fd, &other, 0) == fd);
  RESULT(raised(fd));
  RESULT(read(fd, info, sizeof info));
  show(info);
  close(fd);
}

static void waiting(void) {
  sigset_t set = set_of(SIGCHLD, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = signalfd(-1, &set, 0);
  struct signalfd_siginfo info;
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(5);
    _exit(7);
  }
  RESULT(read(fd, &info, sizeof info));
  say("%s code %d from the child %d status %d\n", signal_name(info.ssi_signo), info.ssi_code,
      info.ssi_pid == (uint32_t)child, info.ssi_status);
  reap("child", child);
  int epoll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u64 = 9}};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  RESULT(epoll_wait(epoll, &event, 1, 0));
  child = fork();
  if (child == 0) _exit(0);
  RESULT(epoll_wait(epoll, &event, 1, -1));
  say("events %x\n", event.events);
  RESULT(read(fd, &info, sizeof info));
  RESULT(epoll_wait(epoll, &event, 1, 0));
  reap("child", child);
  close(fd);
}

static void *reader(void *argument) {
  struct signalfd_siginfo info;
  long count = read(*(int *)argument, &info, sizeof info);
  say("thread: %ld %s\n", count, signal_name(info.ssi_signo));
  return 0;
}

static void threads(void) {
  sigset_t set = set_of(SIGUSR2, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = signalfd(-1, &set, 0);
  pthread_t thread;
  pthread_create(&thread, 0, reader, &fd);
  sleep_ms(5);
  kill(getpid(), SIGUSR2);
  pthread_join(thread, 0);
  close(fd);
}

static void refusals(void) {
  sigset_t set = set_of(SIGUSR1, SIGKILL);
  int null = open("/dev/null", O_RDWR);
  RESULT(syscall(SYS_signalfd4, -1, &set, 4, 0));
  RESULT(syscall(SYS_signalfd4, -1, &set, 8, 1));
  RESULT(syscall(SYS_signalfd4, -1, bad_pointer(), 8, 0));
  RESULT(syscall(SYS_signalfd4, null, &set, 8, 0));
  RESULT(syscall(SYS_signalfd4, 99, &set, 8, 0));
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  char bytes[200];
  RESULT(fcntl(fd, F_GETFD));
  RESULT(read(fd, bytes, 127));
  RESULT(write(fd, bytes, 128));
  char name[64] = {0}, link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  RESULT(readlink(link, name, sizeof name));
  say("%s\n", name);
}

int main(void) {
  reading();
  waiting();
  threads();
  refusals();
  return 0;
}
