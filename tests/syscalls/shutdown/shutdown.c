/* shutdown(2): each direction, both types of connections, what poll says, who waits. */
#include "check.h"
#include <poll.h>
#include <sys/socket.h>

static int ends[2];
static char byte;

static void events(const char *what, int fd) {
  struct pollfd wanted = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&wanted, 1, 0);
  say("%s: events %x\n", what, wanted.revents);
}

static int reader(void) { return read(ends[0], &byte, 1) == 0 ? 0 : 1; }

static void both(int type) {
  say("type %d\n", type);
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  events("first", ends[0]);
  NEED(write(ends[0], "kept", 4) == 4);
  RESULT(shutdown(ends[0], SHUT_WR));
  events("write side", ends[0]);
  events("its peer", ends[1]);
  RESULT(send(ends[0], "x", 1, MSG_NOSIGNAL));
  RESULT(read(ends[1], &byte, 1));
  char rest[8];
  RESULT(recv(ends[1], rest, 8, MSG_DONTWAIT));
  RESULT(recv(ends[1], rest, 8, MSG_DONTWAIT));
  RESULT(read(ends[1], rest, 8));
  RESULT(write(ends[1], "still", 5));
  RESULT(read(ends[0], rest, 8));
  RESULT(shutdown(ends[0], SHUT_RD));
  events("both sides", ends[0]);
  events("its peer", ends[1]);
  RESULT(send(ends[1], "x", 1, MSG_NOSIGNAL));
  RESULT(recv(ends[0], rest, 8, 0));
  close(ends[0]);
  close(ends[1]);
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  pid_t pid = spawn(reader);
  sleep_ms(20);
  RESULT(shutdown(ends[1], SHUT_WR));
  reap("reader", pid);
  RESULT(shutdown(ends[1], SHUT_RDWR));
  events("all", ends[1]);
  close(ends[1]);
  events("closed", ends[0]);
  close(ends[0]);
}

int main(void) {
  both(SOCK_STREAM);
  both(SOCK_SEQPACKET);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  RESULT(shutdown(ends[0], SHUT_WR));
  RESULT(send(ends[0], "x", 1, 0));
  events("datagram", ends[0]);
  events("its peer", ends[1]);
  RESULT(send(ends[1], "x", 1, 0));
  RESULT(shutdown(ends[1], SHUT_RDWR));
  events("all", ends[1]);
  return 0;
}
