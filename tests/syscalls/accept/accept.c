/* accept(2) and accept4(2): addresses, flags, order, blocking, refusals. */
#include "check.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;

static socklen_t to(const char *name) {
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path + 1, name);
  return 3 + strlen(name);
}

static int fresh(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(fd >= 0);
  return fd;
}

static int client(const char *own) {
  int fd = fresh();
  socklen_t length;
  if (own) {
    length = to(own);
    NEED(bind(fd, (struct sockaddr *)&address, length) == 0);
  }
  length = to("server");
  NEED(connect(fd, (struct sockaddr *)&address, length) == 0);
  return fd;
}

static int later(void) {
  sleep_ms(30);
  int fd = client("late");
  char byte;
  return read(fd, &byte, 1);
}

static void on_alarm(int number) {}

int main(void) {
  int listener = fresh();
  socklen_t length = to("server");
  RESULT(listen(listener, 1));
  NEED(bind(listener, (struct sockaddr *)&address, length) == 0);
  RESULT(accept(listener, 0, 0));
  RESULT(listen(listener, 5));
  client("first");
  client(0);
  struct sockaddr_un name;
  length = sizeof name;
  memset(&name, 0, sizeof name);
  int fd = accept(listener, (struct sockaddr *)&name, &length);
  NEED(fd >= 0);
  say("length %d %s\n", (int)length, name.sun_path + 1);
  RESULT(fcntl(fd, F_GETFD));
  length = sizeof name;
  NEED(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
  say("own: length %d %s\n", (int)length, name.sun_path + 1);
  length = sizeof name;
  fd = accept4(listener, (struct sockaddr *)&name, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  NEED(fd >= 0);
  say("length %d family %d\n", (int)length, name.sun_family);
  RESULT(fcntl(fd, F_GETFD));
  IS((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);

  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  RESULT(accept(listener, 0, 0));
  client("short");
  length = 4;
  memset(&name, 0, sizeof name);
  SUCCESS(accept(listener, (struct sockaddr *)&name, &length));
  say("length %d: %c and %d\n", (int)length, name.sun_path[1], name.sun_path[2]);

  NEED(fcntl(listener, F_SETFL, 0) == 0);
  pid_t pid = spawn(later);
  length = sizeof name;
  fd = accept(listener, (struct sockaddr *)&name, &length);
  NEED(fd >= 0);
  say("came: %s\n", name.sun_path + 1);
  RESULT(write(fd, "x", 1));
  reap("client", pid);

  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(accept(listener, 0, 0));
  alarm_every_ms(0);
  struct timeval time = {0, 20000};
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
  RESULT(accept(listener, 0, 0));
  struct pollfd wanted = {listener, POLLIN | POLLOUT, 0};
  RESULT(poll(&wanted, 1, 0));
  client(0);
  RESULT(poll(&wanted, 1, -1));
  say("events %x\n", wanted.revents);
  RESULT(shutdown(listener, SHUT_RD));
  SUCCESS(accept(listener, 0, 0));
  RESULT(accept(listener, 0, 0));
  length = to("server");
  RESULT(connect(fresh(), (struct sockaddr *)&address, length));
  int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
  RESULT(accept(datagram, 0, 0));
  RESULT(accept(-1, 0, 0));
  return 0;
}
