/* connect(2) of datagram sockets: where they send and from whom they receive; peers that go. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;
static char buffer[32];

static socklen_t to(const char *name) {
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path + 1, name);
  return 3 + strlen(name);
}

static int named(const char *name) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  NEED(fd >= 0 && bind(fd, (struct sockaddr *)&address, to(name)) == 0);
  return fd;
}

static long send_to(int fd, const char *name) {
  socklen_t length = to(name);
  return sendto(fd, "text", 4, 0, (struct sockaddr *)&address, length);
}

static int join(int fd, const char *name) {
  socklen_t length = to(name);
  return connect(fd, (struct sockaddr *)&address, length);
}

int main(void) {
  to("a");
  int a = named("a");
  to("b");
  int b = named("b");
  to("c");
  int c = named("c");
  RESULT(send(a, "x", 1, 0));
  RESULT(send_to(a, "b"));
  RESULT(send_to(a, "nobody"));
  RESULT(recv(b, buffer, sizeof buffer, 0));
  RESULT(join(a, "b"));
  RESULT(send(a, "x", 1, 0));
  RESULT(send_to(c, "a"));
  RESULT(send_to(b, "a"));
  RESULT(send_to(a, "c"));
  RESULT(join(c, "a"));
  RESULT(join(b, "a"));
  RESULT(recv(a, buffer, sizeof buffer, 0));
  RESULT(recv(a, buffer, sizeof buffer, 0));
  struct sockaddr none = {AF_UNSPEC};
  RESULT(connect(a, &none, sizeof none));
  RESULT(send(a, "x", 1, 0));
  RESULT(send(b, "x", 1, 0));
  RESULT(join(a, "b"));
  RESULT(write(b, "lost", 4));
  RESULT(join(a, "c"));
  RESULT(recv(a, buffer, sizeof buffer, 0));
  RESULT(send(b, "x", 1, 0));
  RESULT(send(b, "x", 1, 0));
  RESULT(close(c));
  RESULT(send(a, "x", 1, 0));
  RESULT(send(a, "x", 1, 0));
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
  RESULT(send(ends[1], "kept", 4, 0));
  RESULT(close(ends[1]));
  RESULT(recv(ends[0], buffer, sizeof buffer, 0));
  RESULT(recv(ends[0], buffer, sizeof buffer, 0));
  RESULT(send(ends[0], "x", 1, 0));
  RESULT(send(ends[0], "x", 1, 0));
  return 0;
}
