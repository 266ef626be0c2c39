/* pidfd_open, pidfd_send_signal, pidfd_getfd, waitid of a pidfd.
 * qemu differs: 7.2 passes waitid's P_PIDFD, but has no descriptors of other processes */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>

enum { PIDFD = 3 };
static int pidfd_open_(pid_t pid, unsigned flags) { return syscall(SYS_pidfd_open, pid, flags); }
static long send(int fd, int number, siginfo_t *info, unsigned flags) {
  return syscall(SYS_pidfd_send_signal, fd, number, info, flags);
}
static int raised(int fd, int wait) {
  struct pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, wait) < 0 ? -1 : entry.revents & POLLIN;
}

static int wait_for_ever(void) {
  for (;;) pause();
}

static void ends(void) {
  pid_t child = spawn(wait_for_ever);
  int fd = pidfd_open_(child, 0);
  int epoll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u64 = 1}};
  IS(fd >= 0);
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  RESULT(raised(fd, 0));
  RESULT(epoll_wait(epoll, &event, 1, 0));
  RESULT(send(fd, 0, 0, 0));
  RESULT(send(fd, SIGTERM, 0, 0));
  RESULT(raised(fd, -1));
  RESULT(epoll_wait(epoll, &event, 1, -1));
  siginfo_t info;
  memset(&info, 0, sizeof info);
  RESULT(waitid(PIDFD, fd, &info, WEXITED));
  say("code %d status %d of the child %d\n", info.si_code, info.si_status, info.si_pid == child);
  RESULT(raised(fd, 0));
  RESULT(send(fd, SIGTERM, 0, 0));
  RESULT(waitid(PIDFD, fd, &info, WEXITED));
  RESULT(fcntl(fd, F_GETFD));
  close(fd);
}

static void descriptors(void) {
  int ends[2], gate[2];
  NEED(pipe(gate) == 0);
  pid_t child = fork();
  if (child == 0) {
    NEED(pipe(ends) == 0);
    NEED(dup2(ends[0], 20) == 20);
    NEED(write(ends[1], "hidden", 6) == 6);
    NEED(write(gate[1], "x", 1) == 1);
    wait_for_ever();
  }
  char bytes[16] = {0};
  NEED(read(gate[0], bytes, 1) == 1);
  int fd = pidfd_open_(child, 0);
  int stolen = syscall(SYS_pidfd_getfd, fd, 20, 0);
  IS(stolen >= 0);
  RESULT(read(stolen, bytes, sizeof bytes));
  say("%s\n", bytes);
  RESULT(fcntl(stolen, F_GETFD));
  RESULT(syscall(SYS_pidfd_getfd, fd, 77, 0));
  RESULT(syscall(SYS_pidfd_getfd, fd, 20, 1));
  RESULT(syscall(SYS_pidfd_getfd, stolen, 20, 0));
  RESULT(syscall(SYS_pidfd_getfd, -1, 20, 0));
  RESULT(send(fd, SIGKILL, 0, 0));
  reap("child", child);
}

static void refusals(void) {
  int fd = pidfd_open_(getpid(), 0);
  int null = open("/dev/null", O_RDWR);
  siginfo_t info;
  RESULT(pidfd_open_(0, 0));
  RESULT(pidfd_open_(-1, 0));
  RESULT(pidfd_open_(getpid(), 1));
  RESULT(pidfd_open_(30000, 0));
  RESULT(send(null, 0, 0, 0));
  RESULT(send(-1, 0, 0, 0));
  int own = open("/proc/self", O_RDONLY | O_DIRECTORY), other = open("/proc", O_RDONLY);
  RESULT(send(own, 0, 0, 0));
  RESULT(send(other, 0, 0, 0));
  RESULT(waitid(PIDFD, own, &info, WEXITED));
  RESULT(send(fd, 0, 0, 0x100));
  RESULT(send(fd, 99, 0, 0));
  RESULT(send(fd, SIGUSR1, bad_pointer(), 0));
  memset(&info, 0, sizeof info);
  info.si_signo = SIGUSR2;
  info.si_code = SI_QUEUE;
  RESULT(send(fd, SIGUSR1, &info, 0));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, 0);
  info.si_value.sival_int = 12;
  RESULT(send(fd, SIGUSR2, &info, 0));
  RESULT(sigwaitinfo(&set, &info) == SIGUSR2);
  say("code %d value %d\n", info.si_code, info.si_value.sival_int);
  RESULT(waitid(PIDFD, -1, &info, WEXITED));
  RESULT(waitid(PIDFD, null, &info, WEXITED));
  RESULT(waitid(PIDFD, fd, &info, WEXITED));
  char byte;
  RESULT(read(fd, &byte, 1));
  pid_t child = spawn(wait_for_ever);
  int impatient = pidfd_open_(child, O_NONBLOCK);
  RESULT(waitid(PIDFD, impatient, &info, WEXITED));
  RESULT(waitid(PIDFD, impatient, &info, WEXITED | WNOHANG));
  send(impatient, SIGKILL, 0, 0);
  NEED(raised(impatient, -1) == POLLIN);
  RESULT(waitid(PIDFD, impatient, &info, WEXITED));
  say("code %d\n", info.si_code);
}

int main(void) {
  ends();
  descriptors();
  refusals();
  return 0;
}
