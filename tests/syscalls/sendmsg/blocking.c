/* sendmsg, sendmmsg, recvmsg and accept4 wait: for room, for a message, for a connection. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static int ends[2];
static char block[50000];
static struct iovec vector[2] = {{block, 20000}, {block + 20000, 30000}};
static struct sockaddr_un address = {AF_UNIX, "\0blocking"};

static void fill(void) {
  while (send(ends[1], block, sizeof block, MSG_DONTWAIT) > 0) continue;
}

/* Takes what is there, and then this much. */
static int drain(void) {
  sleep_ms(20);
  for (long left = sizeof block; left > 0;) {
    static char piece[sizeof block];
    long count = recv(ends[0], piece, sizeof piece, MSG_DONTWAIT);
    if (count <= 0) {
      count = recv(ends[0], piece, left, 0);
      if (count <= 0) return 1;
      left -= count;
    }
  }
  return 0;
}

static int drain_messages(void) {
  sleep_ms(20);
  while (recv(ends[0], block, sizeof block, MSG_DONTWAIT) > 0) continue;
  return 0;
}

static int late(void) {
  sleep_ms(20);
  return send(ends[1], "late", 4, 0) == 4 ? 0 : 1;
}

static int join(void) {
  sleep_ms(20);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  return connect(fd, (struct sockaddr *)&address, 11);
}

int main(void) {
  struct mmsghdr many = {0};
  struct msghdr *header = &many.msg_hdr;
  header->msg_iov = vector;
  header->msg_iovlen = 2;
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  fill();
  pid_t pid = spawn(drain);
  RESULT(sendmsg(ends[1], header, 0));
  reap("drain", pid);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  fill();
  pid = spawn(drain_messages);
  RESULT(sendmmsg(ends[1], &many, 1, 0));
  say("length %u\n", many.msg_len);
  reap("drain", pid);
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  pid = spawn(late);
  RESULT(recvmsg(ends[0], header, 0));
  say("%.4s\n", block);
  reap("late", pid);
  int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 11) == 0 && listen(listener, 0) == 0);
  pid = spawn(join);
  SUCCESS(accept4(listener, 0, 0, SOCK_CLOEXEC));
  reap("join", pid);
  return 0;
}
