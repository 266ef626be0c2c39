/* send(2) and recv(2) of messages: boundaries, truncation, sizes, full queues, addresses. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
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

static void messages(int type) {
  int ends[2], bytes;
  static char big[400000];
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  say("type %d\n", type);
  get(ends[0], 4, MSG_DONTWAIT);
  RESULT(send(ends[1], "abcdef", 6, 0));
  RESULT(send(ends[1], "", 0, 0));
  RESULT(send(ends[1], "gh", 2, MSG_EOR));
  NEED(ioctl(ends[0], FIONREAD, &bytes) == 0);
  say("%d bytes\n", bytes);
  get(ends[0], 3, MSG_PEEK);
  get(ends[0], 3, MSG_PEEK | MSG_TRUNC);
  get(ends[0], 3, MSG_WAITALL);
  get(ends[0], 3, 0);
  get(ends[0], 3, 0);
  RESULT(send(ends[1], "truncated", 9, 0));
  get(ends[0], 5, MSG_TRUNC);
  get(ends[0], 5, MSG_DONTWAIT);
  RESULT(send(ends[1], big, sizeof big, 0));
  RESULT(send(ends[1], big, 100000, 0));
  RESULT(recv(ends[0], big, sizeof big, 0));
  RESULT(send(ends[1], bad_pointer(), 1, 0));
  RESULT(write(ends[1], "written", 7));
  RESULT(read(ends[0], buffer, 3));
  RESULT(shutdown(ends[0], SHUT_RD));
  RESULT(send(ends[1], "x", 1, 0));
  get(ends[0], 1, 0);
  get(ends[0], 1, MSG_DONTWAIT);
  close(ends[0]);
  RESULT(send(ends[1], "x", 1, 0));
  get(ends[1], 1, MSG_DONTWAIT);
  close(ends[1]);
}

int main(void) {
  messages(SOCK_DGRAM);
  messages(SOCK_SEQPACKET);
  struct sockaddr_un address = {AF_UNIX, "\0receiver"};
  socklen_t length = 2 + 9;
  int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(bind(receiver, (struct sockaddr *)&address, length) == 0);
  int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  RESULT(sendto(sender, "unnamed", 7, 0, (struct sockaddr *)&address, length));
  struct sockaddr_un name = {AF_UNIX, "\0sender"};
  NEED(bind(sender, (struct sockaddr *)&name, 2 + 7) == 0);
  RESULT(sendto(sender, "named", 5, 0, (struct sockaddr *)&address, length));
  for (int count = 0; count < 2; count++) {
    struct sockaddr_un from;
    socklen_t room = sizeof from;
    memset(&from, 0, sizeof from);
    RESULT(recvfrom(receiver, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &room));
    say("from length %d %s\n", (int)room, from.sun_path + 1);
  }
  RESULT(sendto(sender, "x", 1, 0, (struct sockaddr *)&address, 1));
  RESULT(sendto(sender, "x", 1, 0, (struct sockaddr *)&address, 120));
  RESULT(sendto(sender, "x", 1, 0, (struct sockaddr *)&address, -1));
  RESULT(sendto(sender, "x", 1, 0, bad_pointer(), length));
  address.sun_family = AF_INET;
  RESULT(sendto(sender, "x", 1, 0, (struct sockaddr *)&address, length));
  address.sun_family = AF_UNIX;
  NEED(connect(sender, (struct sockaddr *)&address, length) == 0);
  int sent = 0;
  while (send(sender, "x", 1, 0) == 1) sent++;
  say("full: %s after some: %d\n", error_name(errno), sent > 1);
  struct pollfd wanted = {sender, POLLOUT, 0};
  RESULT(poll(&wanted, 1, 0));
  while (recv(receiver, buffer, 1, MSG_DONTWAIT) == 1) continue;
  RESULT(poll(&wanted, 1, 0));
  say("events %x\n", wanted.revents);
  return 0;
}
