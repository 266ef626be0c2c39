/* epoll_pwait2 waits and is woken, by an event, a signal, its deadline.
 * qemu differs: it has no epoll_pwait2 */
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static long pwait2(int fd, struct epoll_event *events, int count, const struct timespec *time,
                   const sigset_t *set) {
  return syscall(441, fd, events, count, time, set, 8);
}

static void on_signal(int number) { say("handler of %s\n", signal_name(number)); }

int main(void) {
  int set = epoll_create1(0), file = eventfd(0, 0);
  struct epoll_event event = {EPOLLIN, {.u64 = 5}};
  NEED(epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == 0);
  struct timespec little = {0, 3000000}, negative_part = {0, -1};
  RESULT(pwait2(set, &event, 1, &little, 0));
  say("untouched: %ld\n", little.tv_nsec);
  RESULT(pwait2(set, &event, 1, &negative_part, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(5);
    uint64_t one = 1;
    _exit(write(file, &one, 8) != 8);
  }
  RESULT(pwait2(set, &event, 1, 0, 0));
  say("data %llu\n", (unsigned long long)event.data.u64);
  reap("child", child);
  uint64_t count;
  NEED(read(file, &count, 8) == 8);
  sigset_t blocked, none;
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  handle(SIGUSR1, on_signal, SA_RESTART);
  sigprocmask(SIG_BLOCK, &blocked, 0);
  kill(getpid(), SIGUSR1);
  RESULT(pwait2(set, &event, 1, 0, &none));
  NEED(write(file, (uint64_t[]){1}, 8) == 8);
  RESULT(pwait2(set, &event, 1, 0, 0));
  return 0;
}
