/* Sockets that only their own messages refer to are collected; others are not. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static char control[256];

static long pass(int fd, int descriptor) {
  struct iovec vector = {"x", 1};
  struct msghdr header = {0};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(sizeof descriptor);
  struct cmsghdr *message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_SOCKET;
  message->cmsg_type = SCM_RIGHTS;
  message->cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(message), &descriptor, sizeof descriptor);
  return sendmsg(fd, &header, MSG_DONTWAIT);
}

static int take(int fd) {
  char byte;
  struct iovec vector = {&byte, 1};
  struct msghdr header = {0};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (recvmsg(fd, &header, MSG_DONTWAIT) != 1) return -1;
  struct cmsghdr *message = CMSG_FIRSTHDR(&header);
  int descriptor = -1;
  if (message) memcpy(&descriptor, CMSG_DATA(message), sizeof descriptor);
  return descriptor;
}

/* The pipe's reader sees the end once nobody has its other end: at once, or when Linux's collector
 * has come round, which any socket that is closed sets off. */
static void ends_now(const char *what, int reader) {
  char byte;
  struct timespec none = {0, 5000000};
  long count = -1;
  for (int tries = 0; count < 0 && tries < 400; tries++) {
    count = read(reader, &byte, 1);
    if (count >= 0) break;
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    close(other);
    nanosleep(&none, 0);
  }
  say("%s: %s\n", what, count == 0 ? "end" : "still open");
  close(reader);
}

int main(void) {
  int a[2], b[2], line[2];
  struct sockaddr_un address = {AF_UNIX, "\0cycles"};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0 && pipe2(line, O_NONBLOCK) == 0);
  NEED(pass(a[0], line[1]) == 1 && pass(a[0], a[1]) == 1 && pass(a[1], a[0]) == 1);
  close(line[1]), close(a[0]), close(a[1]);
  ends_now("a pair in itself", line[0]);

  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, a) == 0 && pipe2(line, O_NONBLOCK) == 0);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, b) == 0);
  NEED(pass(a[0], b[1]) == 1 && pass(b[0], a[1]) == 1 && pass(b[0], line[1]) == 1);
  close(line[1]), close(a[1]), close(b[1]), close(a[0]), close(b[0]);
  ends_now("two pairs in each other", line[0]);

  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 9) == 0 && listen(listener, 3) == 0);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(connect(client, (struct sockaddr *)&address, 9) == 0 && pipe2(line, O_NONBLOCK) == 0);
  NEED(pass(client, line[1]) == 1 && pass(client, listener) == 1);
  close(line[1]), close(listener);
  NEED(close(client) == 0);
  ends_now("a listener to be accepted by itself", line[0]);

  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0 && pipe2(line, O_NONBLOCK) == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
  NEED(pass(a[0], line[1]) == 1 && pass(a[0], a[1]) == 1 && pass(b[0], a[1]) == 1);
  close(line[1]), close(a[1]);
  int back = take(b[1]);
  IS(back >= 0);
  int writer = take(back);
  IS(writer >= 0);
  RESULT(write(writer, "alive", 5));
  char text[8];
  RESULT(read(line[0], text, sizeof text));
  IS(take(back) >= 0);
  return 0;
}
