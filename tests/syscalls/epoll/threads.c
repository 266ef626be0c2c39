/* epoll with threads and processes: waits that end by a write, a close, a signal, another
 * registration; nested sets; an event for one of two edge-triggered waiters. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int epoll, fd;
static _Atomic int got;

static void add(int set, int file, uint32_t events, uint64_t data) {
  struct epoll_event event = {events, {.u64 = data}};
  NEED(epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == 0);
}

static void put(int file) {
  uint64_t one = 1;
  NEED(write(file, &one, 8) == 8);
}

static void *waiter(void *argument) {
  struct epoll_event event;
  if (epoll_wait(epoll, &event, 1, -1) == 1) got++;
  return argument;
}

static void wake_by_write(void) {
  pthread_t threads[2];
  epoll = epoll_create1(0);
  fd = eventfd(0, 0);
  add(epoll, fd, EPOLLIN | EPOLLET, 1);
  for (int i = 0; i < 2; i++) pthread_create(threads + i, 0, waiter, 0);
  sleep_ms(5);
  put(fd);
  sleep_ms(20);
  say("edge: %d of 2\n", got);
  put(fd);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  say("edge, twice: %d of 2\n", got);
  got = 0;
  struct epoll_event event = {EPOLLIN, {.u64 = 1}};
  uint64_t count;
  NEED(read(fd, &count, 8) == 8);
  NEED(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0);
  for (int i = 0; i < 2; i++) pthread_create(threads + i, 0, waiter, 0);
  sleep_ms(5);
  put(fd);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  say("level: %d of 2\n", got);
}

static void *adder(void *argument) {
  sleep_ms(5);
  add(epoll, *(int *)argument, EPOLLIN, 7);
  return 0;
}

static void registration_during_wait(void) {
  epoll = epoll_create1(0);
  int file = eventfd(1, 0);
  pthread_t thread;
  pthread_create(&thread, 0, adder, &file);
  struct epoll_event event;
  RESULT(epoll_wait(epoll, &event, 1, -1));
  say("data %llu\n", (unsigned long long)event.data.u64);
  pthread_join(thread, 0);
}

static void pipes_and_processes(void) {
  int set = epoll_create1(0);
  int ends[8][2];
  for (int i = 0; i < 8; i++) {
    NEED(pipe(ends[i]) == 0);
    add(set, ends[i][0], EPOLLIN | (i % 2 ? EPOLLET : 0), i);
  }
  for (int i = 0; i < 8; i++) {
    if (fork() == 0) {
      for (int j = 0; j < 20; j++) {
        NEED(write(ends[i][1], "0123456789", 10) == 10);
        if (j % 7 == i % 7) sleep_ms(1);
      }
      _exit(0);
    }
  }
  for (int i = 0; i < 8; i++) close(ends[i][1]);
  int total = 0, open = 8;
  while (open > 0) {
    struct epoll_event events[3];
    int count = epoll_wait(set, events, 3, -1);
    NEED(count > 0);
    for (int i = 0; i < count; i++) {
      int which = events[i].data.u64;
      fcntl(ends[which][0], F_SETFL, O_NONBLOCK);
      char bytes[64];
      long length;
      while ((length = read(ends[which][0], bytes, sizeof bytes)) > 0) total += length;
      if (length == 0) close(ends[which][0]), open--;
    }
  }
  while (wait(0) > 0) continue;
  say("%d bytes through eight pipes\n", total);
}

static void nested(void) {
  int inner = epoll_create1(0), outer = epoll_create1(0), file = eventfd(0, 0);
  struct epoll_event event;
  add(inner, file, EPOLLIN, 1);
  add(outer, inner, EPOLLIN, 2);
  RESULT(epoll_wait(outer, &event, 1, 0));
  put(file);
  RESULT(epoll_wait(outer, &event, 1, -1));
  say("events %x data %llu\n", event.events, (unsigned long long)event.data.u64);
  struct pollfd entry = {inner, POLLIN | POLLOUT, 0};
  RESULT(poll(&entry, 1, -1));
  say("events %x\n", entry.revents);
  uint64_t count;
  NEED(read(file, &count, 8) == 8);
  RESULT(epoll_wait(outer, &event, 1, 0));
  RESULT(poll(&entry, 1, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(5);
    put(file);
    _exit(0);
  }
  RESULT(epoll_wait(outer, &event, 1, -1));
  NEED(read(file, &count, 8) == 8);
  reap("child", child);
  close(inner);
  RESULT(epoll_wait(outer, &event, 1, 0));
}

static void on_signal(int number) { say("handler of %s\n", signal_name(number)); }

static void masks(void) {
  int set = epoll_create1(0);
  struct epoll_event event;
  sigset_t blocked, none;
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  handle(SIGUSR1, on_signal, SA_RESTART);
  sigprocmask(SIG_BLOCK, &blocked, 0);
  kill(getpid(), SIGUSR1);
  RESULT(epoll_pwait(set, &event, 1, 5, 0));
  RESULT(epoll_pwait(set, &event, 1, -1, &none));
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  say("blocked again: %d\n", sigismember(&now, SIGUSR1));
  int file = eventfd(1, 0);
  add(set, file, EPOLLIN, 3);
  kill(getpid(), SIGUSR1);
  RESULT(epoll_pwait(set, &event, 1, -1, &none));
  sigprocmask(SIG_UNBLOCK, &blocked, 0);
}

int main(void) {
  wake_by_write();
  registration_during_wait();
  pipes_and_processes();
  nested();
  masks();
  return 0;
}
