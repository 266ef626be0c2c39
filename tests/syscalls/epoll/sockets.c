/* epoll of sockets: edges of input, room and hang-up; a peer that reads is no event for a reader. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/socket.h>

static int set;

static void look(const char *what) {
  struct epoll_event events[4];
  int count = epoll_wait(set, events, 4, 0);
  say("%s: %d", what, count);
  for (int i = 0; i < count; i++) say(" %x:%d", events[i].events, (int)events[i].data.u64);
  say("\n");
}

static void watch(int operation, int fd, uint32_t events) {
  struct epoll_event event = {events, {.u64 = 1}};
  NEED(epoll_ctl(set, operation, fd, &event) == 0);
}

static void stream(void) {
  int ends[2];
  static char bytes[4096];
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  set = epoll_create1(0);
  watch(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
  look("quiet");
  NEED(write(ends[1], "ab", 2) == 2);
  look("input");
  look("seen");
  while (write(ends[0], bytes, sizeof bytes) > 0) continue;
  look("our own writes");
  while (read(ends[1], bytes, sizeof bytes) > 0) continue;
  look("the peer has read");
  NEED(write(ends[1], "c", 1) == 1);
  look("more input");
  watch(EPOLL_CTL_MOD, ends[0], EPOLLOUT | EPOLLET);
  look("room");
  look("seen");
  while (write(ends[0], bytes, sizeof bytes) > 0) continue;
  look("full");
  while (read(ends[1], bytes, sizeof bytes) > 0) continue;
  look("room again");
  watch(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
  look("input is still there");
  NEED(shutdown(ends[1], SHUT_WR) == 0);
  look("the peer writes no more");
  close(ends[1]);
  look("the peer is gone");
  look("seen");
  close(ends[0]);
  look("closed");
}

static void listening(void) {
  struct sockaddr address = {AF_UNIX, "\0events"};
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(server, &address, sizeof address) == 0 && listen(server, 5) == 0);
  set = epoll_create1(0);
  watch(EPOLL_CTL_ADD, server, EPOLLIN);
  look("nobody");
  NEED(connect(client, &address, sizeof address) == 0);
  look("a client");
  int peer = accept(server, 0, 0);
  look("accepted");
  watch(EPOLL_CTL_ADD, peer, EPOLLIN);
  NEED(send(client, "x", 1, 0) == 1);
  look("data");
}

int main(void) {
  stream();
  listening();
  return 0;
}
