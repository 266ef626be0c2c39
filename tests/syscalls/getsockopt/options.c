/* getsockopt(2) and setsockopt(2): values, bounds, lengths, refusals. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static int fd;

static void show(const char *name, int option) {
  int value = 0x55555555;
  socklen_t length = sizeof value;
  int result = getsockopt(fd, SOL_SOCKET, option, &value, &length);
  if (result < 0) say("%s: %s\n", name, error_name(errno));
  else say("%s: %d length %d\n", name, value, (int)length);
}
#define SHOW(option) show(#option, option)

static void set(const char *name, int option, int value) {
  int result = setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
  say("set %s to %d: %s\n", name, value, result < 0 ? error_name(errno) : "ok");
  show(name, option);
}
#define SET(option, value) set(#option, option, value)

int main(void) {
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(SO_TYPE);
  SHOW(SO_DOMAIN);
  SHOW(SO_PROTOCOL);
  SHOW(SO_ERROR);
  SHOW(SO_ACCEPTCONN);
  SET(SO_SNDBUF, 10000);
  SET(SO_RCVBUF, 10000);
  SET(SO_SNDBUF, 1);
  SET(SO_RCVBUF, 1);
  SET(SO_PASSCRED, 1);
  SET(SO_PASSCRED, 5);
  SET(SO_PASSCRED, 0);
  SET(SO_REUSEADDR, 7);
  SET(SO_KEEPALIVE, 1);
  SET(SO_BROADCAST, 1);
  SET(SO_OOBINLINE, 1);
  SET(SO_DONTROUTE, 1);
  SET(SO_RCVLOWAT, 9);
  SET(SO_RCVLOWAT, 0);
  SET(SO_PRIORITY, 5);
  SET(SO_TYPE, 1);
  SET(SO_ERROR, 1);
  SET(SO_ACCEPTCONN, 1);
  SET(12345, 1);
  struct timeval time = {3, 0};
  socklen_t length = sizeof time;
  RESULT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  time.tv_sec = time.tv_usec = 0;
  RESULT(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &length));
  say("%ld s %ld us length %d\n", (long)time.tv_sec, (long)time.tv_usec, (int)length);
  time.tv_usec = 1000000;
  RESULT(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
  RESULT(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, 8));
  RESULT(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, &length));
  say("%ld s %ld us\n", (long)time.tv_sec, (long)time.tv_usec);
  struct linger linger = {1, 7};
  RESULT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  length = sizeof linger;
  RESULT(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length));
  say("%d %d length %d\n", linger.l_onoff, linger.l_linger, (int)length);
  RESULT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, 4));
  struct ucred peer;
  length = sizeof peer;
  RESULT(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length));
  say("pid %d uid %d gid %d length %d\n", peer.pid, peer.uid, peer.gid, (int)length);

  int value = 1;
  RESULT(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3));
  RESULT(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, bad_pointer(), 4));
  RESULT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, bad_pointer(), 16));
  RESULT(setsockopt(fd, 6, 1, &value, 4));
  RESULT(setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, &value, 4));
  int null = open("/dev/null", O_RDWR);
  RESULT(setsockopt(null, SOL_SOCKET, SO_REUSEADDR, &value, 4));
  length = 4;
  RESULT(getsockopt(fd, 6, 1, &value, &length));
  RESULT(getsockopt(null, SOL_SOCKET, SO_TYPE, &value, &length));
  RESULT(getsockopt(-1, SOL_SOCKET, SO_TYPE, &value, &length));
  RESULT(getsockopt(fd, SOL_SOCKET, SO_TYPE, bad_pointer(), &length));
  RESULT(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, bad_pointer()));
  length = -1;
  RESULT(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
  struct sockaddr_un address = {AF_UNIX, "\0options"};
  NEED(bind(fd, (struct sockaddr *)&address, 10) == 0 && listen(fd, 1) == 0);
  SHOW(SO_ACCEPTCONN);
  fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  SHOW(SO_TYPE);
  SHOW(SO_ACCEPTCONN);
  NEED(setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);
  SET(SO_PRIORITY, 7);
  value = 100000;
  RESULT(setsockopt(fd, SOL_SOCKET, 32, &value, sizeof value));
  return 0;
}
