/* send(2) and recv(2) on a stream: flags, ends, errors, SIGPIPE. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static char buffer[64];
static volatile int pipes;
static void on_pipe(int number) { pipes++; }

static void get(int fd, size_t size, int flags) {
  memset(buffer, 0, sizeof buffer);
  errno = 0;
  long result = recv(fd, buffer, size, flags);
  if (result < 0) say("recv %ld flags %x: %s\n", (long)size, flags, error_name(errno));
  else say("recv %ld flags %x: %ld \"%s\"\n", (long)size, flags, result, buffer);
}

static int ends[2];
static void fresh(void) { NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }

int main(void) {
  int bytes;
  handle(SIGPIPE, on_pipe, 0);
  fresh();
  get(ends[0], 4, MSG_DONTWAIT);
  RESULT(send(ends[1], "abcdef", 6, 0));
  RESULT(send(ends[1], "ghi", 3, MSG_EOR));
  NEED(ioctl(ends[0], FIONREAD, &bytes) == 0);
  say("%d bytes\n", bytes);
  get(ends[0], 4, MSG_PEEK);
  get(ends[0], 4, MSG_PEEK);
  get(ends[0], 8, MSG_PEEK);
  get(ends[0], 4, 0);
  get(ends[0], 0, 0);
  get(ends[0], 40, MSG_TRUNC);
  RESULT(send(ends[1], "", 0, 0));
  get(ends[0], 4, MSG_DONTWAIT);
  RESULT(send(ends[1], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
  get(ends[0], 1, MSG_WAITALL);

  RESULT(send(ends[1], "last", 4, 0));
  RESULT(close(ends[1]));
  get(ends[0], 40, 0);
  get(ends[0], 40, 0);
  RESULT(send(ends[0], "x", 1, MSG_NOSIGNAL));
  say("signals %d\n", pipes);
  RESULT(send(ends[0], "x", 1, 0));
  say("signals %d\n", pipes);
  RESULT(write(ends[0], "x", 1));
  say("signals %d\n", pipes);
  close(ends[0]);

  fresh();
  RESULT(send(ends[1], "unread", 6, 0));
  RESULT(send(ends[0], "read", 4, 0));
  RESULT(close(ends[0]));
  struct pollfd wanted = {ends[1], POLLIN | POLLOUT | POLLRDHUP, 0};
  RESULT(poll(&wanted, 1, 0));
  say("events %x\n", wanted.revents);
  get(ends[1], 40, 0);
  get(ends[1], 40, 0);
  get(ends[1], 40, 0);
  close(ends[1]);

  fresh();
  RESULT(sendto(ends[0], "x", 1, 0, (struct sockaddr *)buffer, 10));
  RESULT(send(ends[0], bad_pointer(), 1, 0));
  RESULT(recv(ends[0], bad_pointer(), 1, MSG_DONTWAIT) < 0);
  RESULT(send(ends[1], "x", 1, 0));
  RESULT(recv(ends[0], bad_pointer(), 1, 0));
  get(ends[0], 1, MSG_DONTWAIT);
  RESULT(send(-1, "x", 1, 0));
  RESULT(recv(open("/dev/null", O_RDWR), buffer, 1, 0));
  RESULT(sendto(ends[0], "x", 1, 0, bad_pointer(), 10));
  RESULT(sendto(ends[0], "x", 1, 0, (struct sockaddr *)buffer, 200));
  return 0;
}
