/* listen(2): the backlog. connect(2) waits for room or says EAGAIN; a listener that goes. */
#include "check.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;
static socklen_t length;
static int listener;

static int join(int flags) {
  int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);
  NEED(fd >= 0);
  int result = connect(fd, (struct sockaddr *)&address, length);
  if (result == 0) return fd;
  close(fd);
  return -1;
}

static int waits(void) {
  close(listener);
  int fd = join(0);
  char text[8] = "";
  if (fd < 0) return errno == ECONNREFUSED ? 2 : 3;
  if (read(fd, text, sizeof text) != 2) return 4;
  return 0;
}

static void on_alarm(int number) {}

int main(void) {
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path + 1, "backlog");
  length = 2 + 1 + 7;
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr *)&address, length) == 0);
  RESULT(listen(listener, 1));
  SUCCESS(join(SOCK_NONBLOCK));
  SUCCESS(join(SOCK_NONBLOCK));
  RESULT(join(SOCK_NONBLOCK));
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(join(0));
  alarm_every_ms(0);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct timeval time = {0, 20000};
  NEED(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0);
  RESULT(connect(fd, (struct sockaddr *)&address, length));
  pid_t pid = spawn(waits);
  sleep_ms(20);
  SUCCESS(accept(listener, 0, 0));
  SUCCESS(accept(listener, 0, 0));
  int last = accept(listener, 0, 0);
  NEED(last >= 0);
  RESULT(write(last, "ok", 2));
  reap("waited", pid);
  RESULT(listen(listener, 0));
  int queued = join(SOCK_NONBLOCK);
  NEED(queued >= 0);
  RESULT(join(SOCK_NONBLOCK));
  pid = spawn(waits);
  sleep_ms(20);
  RESULT(write(queued, "text", 4));
  RESULT(close(listener));
  reap("refused", pid);
  char byte;
  struct pollfd wanted = {queued, POLLIN | POLLOUT | POLLRDHUP, 0};
  RESULT(poll(&wanted, 1, 0));
  say("events %x\n", wanted.revents);
  RESULT(read(queued, &byte, 1));
  RESULT(read(queued, &byte, 1));
  RESULT(join(0));
  RESULT(listen(socket(AF_UNIX, SOCK_STREAM, 0), 1));
  RESULT(listen(socket(AF_UNIX, SOCK_DGRAM, 0), 1));
  return 0;
}
