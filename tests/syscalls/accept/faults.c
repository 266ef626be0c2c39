/* accept(2) with bad pointers: the connection is lost.
 * qemu differs: it checks the pointers before it accepts. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address = {AF_UNIX, "\0server"};
static int listener;

static void join(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(connect(fd, (struct sockaddr *)&address, 9) == 0);
}

int main(void) {
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 9) == 0 && listen(listener, 5) == 0);
  RESULT(accept(listener, bad_pointer(), &length));
  join();
  RESULT(accept(listener, bad_pointer(), &length));
  join();
  RESULT(accept(listener, (struct sockaddr *)&name, bad_pointer()));
  join();
  length = -1;
  RESULT(accept(listener, (struct sockaddr *)&name, &length));
  RESULT(accept(listener, 0, 0));
  RESULT(accept4(listener, 0, 0, 0x10));
  struct rlimit limit = {listener + 4, listener + 4};
  join();
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(accept(listener, 0, 0));
  return 0;
}
