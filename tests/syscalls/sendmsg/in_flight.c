/* How many descriptors an unprivileged user may have in messages (unix(7), ETOOMANYREFS). */
#include "check.h"
#include <grp.h>
#include <sys/socket.h>

static int ends[2];

static long pass(int count) {
  static int files[253];
  static char control[CMSG_SPACE(sizeof files)];
  struct iovec vector = {"x", 1};
  struct msghdr header = {0};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(count * sizeof(int));
  struct cmsghdr *message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_SOCKET;
  message->cmsg_type = SCM_RIGHTS;
  message->cmsg_len = CMSG_LEN(count * sizeof(int));
  for (int at = 0; at < count; at++) files[at] = 1;
  memcpy(CMSG_DATA(message), files, count * sizeof(int));
  return sendmsg(ends[0], &header, MSG_DONTWAIT);
}

int main(void) {
  char byte;
  struct rlimit limit = {300, 300};
  NEED(setgroups(0, 0) == 0 && setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(pass(253));
  RESULT(pass(253));
  RESULT(pass(1));
  RESULT(send(ends[0], "x", 1, 0));
  RESULT(recv(ends[1], &byte, 1, 0));
  RESULT(pass(1));
  RESULT(recv(ends[1], &byte, 1, 0));
  RESULT(pass(253));
  return 0;
}
