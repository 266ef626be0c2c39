/* SO_PASSCRED, SCM_CREDENTIALS, SO_PEERCRED: who sent, who is at the other end, forged ones. */
#include "check.h"
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>

static char control[512];
static char data[16];
static struct iovec vector = {data, sizeof data};
static struct msghdr header;

static long claim(int fd, int pid, int user, int group) {
  struct ucred given = {pid, user, group};
  static struct iovec one = {"c", 1};
  memset(&header, 0, sizeof header);
  header.msg_iov = &one;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(sizeof given);
  struct cmsghdr *message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_SOCKET;
  message->cmsg_type = SCM_CREDENTIALS;
  message->cmsg_len = CMSG_LEN(sizeof given);
  memcpy(CMSG_DATA(message), &given, sizeof given);
  return sendmsg(fd, &header, 0);
}

static void take(const char *what, int fd, pid_t own, size_t room) {
  memset(&header, 0, sizeof header);
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = room;
  long result = recvmsg(fd, &header, MSG_DONTWAIT);
  say("%s: %ld flags %x control %d", what, result, header.msg_flags, (int)header.msg_controllen);
  struct cmsghdr *message = CMSG_FIRSTHDR(&header);
  if (message && message->cmsg_type == SCM_CREDENTIALS) {
    struct ucred from;
    memcpy(&from, CMSG_DATA(message), sizeof from);
    const char *who = from.pid == 0 ? "nobody" : from.pid == own ? "own" : "another";
    say(" %s %d %d", who, from.uid, from.gid);
  }
  say("\n");
}

static void peer(const char *what, int fd, pid_t own) {
  struct ucred from;
  socklen_t length = sizeof from;
  NEED(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &from, &length) == 0);
  const char *who = from.pid == 0 ? "nobody" : from.pid == own ? "own" : "another";
  say("%s: %s %d %d\n", what, who, from.uid, from.gid);
}

static int ends[2];
static int listener;
static struct sockaddr_un address = {AF_UNIX, "\0credentials"};

static int child(void) {
  NEED(setgroups(0, 0) == 0 && setresgid(5, 6, 7) == 0 && setresuid(1, 2, 3) == 0);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(connect(fd, (struct sockaddr *)&address, 14) == 0);
  NEED(write(fd, "hello", 5) == 5);
  RESULT(claim(ends[1], getpid(), 1, 5));
  RESULT(claim(ends[1], getpid(), 3, 6));
  RESULT(claim(ends[1], getpid(), 4, 5));
  RESULT(claim(ends[1], getpid(), 1, 8));
  RESULT(claim(ends[1], getpid(), 0, 0));
  RESULT(claim(ends[1], getppid(), 1, 5));
  RESULT(send(ends[1], "plain", 5, 0));
  return 0;
}

int main(void) {
  int on = 1, off = 0;
  pid_t own = getpid();
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  peer("pair", ends[0], own);
  RESULT(send(ends[1], "early", 5, 0));
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  take("sent before SO_PASSCRED", ends[0], own, sizeof control);
  RESULT(send(ends[1], "later", 5, 0));
  take("sent after it", ends[0], own, sizeof control);
  RESULT(send(ends[1], "no room", 7, 0));
  take("no room", ends[0], own, 0);

  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  peer("new", listener, own);
  NEED(bind(listener, (struct sockaddr *)&address, 14) == 0 && listen(listener, 3) == 0);
  peer("listener", listener, own);
  NEED(setsockopt(listener, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  pid_t pid = spawn(child);
  reap("child", pid);
  int server = accept(listener, 0, 0);
  NEED(server >= 0);
  peer("accepted", server, own);
  int value;
  socklen_t length = sizeof value;
  NEED(getsockopt(server, SOL_SOCKET, SO_PASSCRED, &value, &length) == 0);
  say("inherited: %d\n", value);
  take("stream", server, own, sizeof control);
  for (int count = 0; count < 3; count++) take("child's", ends[0], own, sizeof control);
  RESULT(claim(ends[1], own, 0, 0));
  RESULT(claim(ends[1], own, 11, 12));
  take("root's", ends[0], own, sizeof control);
  take("root's", ends[0], own, sizeof control);
  RESULT(claim(ends[1], 999999, 0, 0));
  struct cmsghdr *message = (struct cmsghdr *)control;
  message->cmsg_len = CMSG_LEN(8);
  RESULT(sendmsg(ends[1], &header, 0));
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &off, sizeof off) == 0);
  RESULT(claim(ends[1], own, 0, 0));
  take("without SO_PASSCRED", ends[0], own, sizeof control);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(connect(client, (struct sockaddr *)&address, 14) == 0);
  peer("client", client, own);

  int stream[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, stream) == 0);
  NEED(setsockopt(stream[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  NEED(send(stream[1], "a", 1, 0) == 1 && send(stream[1], "b", 1, 0) == 1);
  RESULT(claim(stream[1], own, 11, 12));
  NEED(send(stream[1], "d", 1, 0) == 1);
  for (int count = 0; count < 3; count++) take("pieces", stream[0], own, sizeof control);
  return 0;
}
