/* EPOLLEXCLUSIVE: of several sets that wait for one file, an event wakes one. */
#include "check.h"
#include <sys/epoll.h>

enum { WAITERS = 4 };
static _Atomic int *woken;

static void wait_once(int file, Gate *ready) {
  int set = epoll_create1(0);
  struct epoll_event event = {EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, {.u64 = 1}};
  NEED(epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == 0);
  open_gate(ready);
  NEED(epoll_wait(set, &event, 1, -1) == 1);
  (*woken)++;
}

int main(void) {
  int ends[2];
  char byte;
  Gate ready = new_gate();
  woken = shared_page();
  NEED(pipe(ends) == 0);
  for (int i = 0; i < WAITERS; i++) {
    if (fork() == 0) {
      wait_once(ends[0], &ready);
      _exit(0);
    }
  }
  for (int i = 0; i < WAITERS; i++) pass_gate(&ready);
  for (int i = 0; i < WAITERS; i++) {
    sleep_ms(20);
    NEED(write(ends[1], "x", 1) == 1);
    sleep_ms(20);
    say("%d written, %d woken\n", i + 1, *woken);
    NEED(read(ends[0], &byte, 1) == 1);
  }
  while (wait(0) > 0) continue;
  return 0;
}
