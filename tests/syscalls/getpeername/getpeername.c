/* getpeername(2): addresses of both ends, room for them, refusals. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un name;

static void show(int fd, socklen_t room) {
  socklen_t length = room;
  memset(&name, '#', sizeof name);
  errno = 0;
  int result = getpeername(fd, (struct sockaddr *)&name, &length);
  if (result < 0) say("room %d: %s\n", (int)room, error_name(errno));
  else say("room %d: length %d %.6s\n", (int)room, (int)length, name.sun_path + 1);
}

int main(void) {
  int ends[2], fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct sockaddr_un address = {AF_UNIX, "\0target"};
  socklen_t length = sizeof name;
  show(fd, sizeof name);
  int target = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(bind(target, (struct sockaddr *)&address, 9) == 0);
  NEED(connect(fd, (struct sockaddr *)&address, 9) == 0);
  show(fd, sizeof name);
  show(fd, 5);
  show(fd, 0);
  show(fd, -1);
  show(target, sizeof name);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  RESULT(getpeername(ends[0], (struct sockaddr *)&name, &length));
  say("length %d\n", (int)length);
  RESULT(getpeername(ends[0], bad_pointer(), &length));
  RESULT(getpeername(ends[0], (struct sockaddr *)&name, bad_pointer()));
  RESULT(getpeername(-1, (struct sockaddr *)&name, &length));
  RESULT(getpeername(open("/dev/null", O_RDWR), (struct sockaddr *)&name, &length));
  return 0;
}
