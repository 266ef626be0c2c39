/* epoll(7) over sockets: what becomes ready when, level and edge. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int set;

static void watch(int fd, unsigned events, int mark) {
  struct epoll_event event = {events, {.u32 = mark}};
  NEED(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void show(const char *what) {
  struct epoll_event events[8];
  int count = epoll_wait(set, events, 8, 0);
  say("%s:", what);
  for (unsigned mark = 1; mark < 5; mark++) {
    for (int at = 0; at < count; at++) {
      if (events[at].data.u32 == mark) say(" %u: %x", mark, events[at].events);
    }
  }
  say("\n");
}

int main(void) {
  static char block[60000];
  struct sockaddr_un address = {AF_UNIX, "\0epoll"};
  set = epoll_create1(0);
  int ends[2], listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 8) == 0 && listen(listener, 3) == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  watch(listener, EPOLLIN, 1);
  watch(ends[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 2);
  watch(ends[1], EPOLLIN | EPOLLRDHUP, 3);
  show("first");
  show("again");
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  watch(client, EPOLLIN | EPOLLOUT, 4);
  show("unconnected");
  NEED(connect(client, (struct sockaddr *)&address, 8) == 0);
  show("connected");
  NEED(epoll_ctl(set, EPOLL_CTL_DEL, client, 0) == 0);
  SUCCESS(accept(listener, 0, 0));
  show("accepted");
  NEED(write(ends[0], "x", 1) == 1);
  show("written");
  show("written");
  NEED(read(ends[1], block, 10) == 1);
  show("read");
  NEED(write(ends[1], "x", 1) == 1);
  show("edge");
  show("no edge");
  NEED(read(ends[0], block, 10) == 1);
  while (write(ends[0], block, sizeof block) > 0) continue;
  show("full");
  while (read(ends[1], block, sizeof block) > 0) continue;
  show("drained");
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  show("half closed");
  NEED(close(ends[1]) == 0);
  show("peer closed");
  return 0;
}
