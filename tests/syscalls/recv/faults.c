/* recv(2) with bad pointers, and SO_PEEK_OFF.
 * qemu differs: it checks the buffer before it receives, so that no message is lost; it does not
 * check the address; it has no SO_PEEK_OFF, and takes negative lengths of options. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static char buffer[64];

static void get(int fd, size_t size, int flags) {
  memset(buffer, 0, sizeof buffer);
  errno = 0;
  long result = recv(fd, buffer, size, flags);
  if (result < 0) say("recv %ld flags %x: %s\n", (long)size, flags, error_name(errno));
  else say("recv %ld flags %x: %ld \"%s\"\n", (long)size, flags, result, buffer);
}

static void peeks(int type) {
  int ends[2], on = 4, off = -1;
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  say("type %d\n", type);
  RESULT(send(ends[1], "012345", 6, 0));
  RESULT(send(ends[1], "6789ab", 6, 0));
  RESULT(setsockopt(ends[0], SOL_SOCKET, SO_PEEK_OFF, &on, sizeof on));
  get(ends[0], 1, MSG_PEEK);
  get(ends[0], 4, MSG_PEEK);
  get(ends[0], 2, MSG_PEEK);
  get(ends[0], 3, 0);
  get(ends[0], 2, MSG_PEEK);
  RESULT(setsockopt(ends[0], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof off));
  get(ends[0], 40, MSG_PEEK);
}

int main(void) {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  RESULT(send(ends[1], "lost", 4, 0));
  RESULT(recv(ends[0], bad_pointer(), 4, 0));
  get(ends[0], 4, MSG_DONTWAIT);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  RESULT(send(ends[1], "kept", 4, 0));
  RESULT(recv(ends[0], bad_pointer(), 4, 0));
  get(ends[0], 4, MSG_DONTWAIT);
  int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct sockaddr_un address = {AF_UNIX, "\0receiver"}, name;
  NEED(bind(receiver, (struct sockaddr *)&address, 11) == 0);
  int sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(connect(sender, (struct sockaddr *)&address, 11) == 0);
  NEED(bind(sender, (struct sockaddr *)&address, 2) == 0);
  socklen_t room = sizeof name;
  RESULT(send(sender, "x", 1, 0));
  RESULT(recvfrom(receiver, buffer, 1, 0, bad_pointer(), &room));
  RESULT(send(sender, "x", 1, 0));
  RESULT(recvfrom(receiver, buffer, 1, 0, (struct sockaddr *)&name, bad_pointer()));
  RESULT(send(sender, "x", 1, 0));
  room = -1;
  RESULT(recvfrom(receiver, buffer, 1, 0, (struct sockaddr *)&name, &room));
  RESULT(send(sender, "x", 1, 0));
  room = 1;
  RESULT(recvfrom(receiver, buffer, 1, 0, (struct sockaddr *)&name, &room));
  say("length %d\n", (int)room);
  int value = 0;
  RESULT(setsockopt(sender, SOL_SOCKET, SO_REUSEADDR, &value, -1));
  socklen_t length = 2;
  value = 0x55555555;
  RESULT(getsockopt(sender, SOL_SOCKET, SO_TYPE, &value, &length));
  say("%x length %d\n", value, (int)length);
  RESULT(socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
  RESULT(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, ends));
  RESULT(accept4(sender, 0, 0, 0x10));
  peeks(SOCK_STREAM);
  peeks(SOCK_SEQPACKET);
  peeks(SOCK_DGRAM);
  return 0;
}
