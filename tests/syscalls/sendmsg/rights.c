/* sendmsg(2) and recvmsg(2) with SCM_RIGHTS: descriptors between processes, what does not fit, what
 * nobody receives, and the refusals.
 * qemu differs: it copies control messages, without the marks of what was cut, and answers EFAULT
 * before it looks at the descriptor. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static char data[64];
static char control[4096];
static struct msghdr header;
static struct iovec vector;

/* A message with one byte and these descriptors. */
static long pass(int fd, const int *descriptors, int count, int flags) {
  memset(&header, 0, sizeof header);
  vector.iov_base = "x";
  vector.iov_len = 1;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(count * sizeof(int));
  struct cmsghdr *message = (struct cmsghdr *)control;
  message->cmsg_level = SOL_SOCKET;
  message->cmsg_type = SCM_RIGHTS;
  message->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(message), descriptors, count * sizeof(int));
  return sendmsg(fd, &header, flags);
}

/* Receives into a control buffer of this size; prints what came. */
static int take(int fd, size_t room, int flags, int *descriptors) {
  memset(&header, 0, sizeof header);
  memset(control, 0, sizeof control);
  vector.iov_base = data;
  vector.iov_len = sizeof data;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = room ? control : 0;
  header.msg_controllen = room;
  long result = recvmsg(fd, &header, flags);
  if (result < 0) {
    say("recvmsg: %s\n", error_name(errno));
    return 0;
  }
  say("recvmsg: %ld flags %x control %d", result, header.msg_flags, (int)header.msg_controllen);
  int count = 0;
  for (struct cmsghdr *message = CMSG_FIRSTHDR(&header); message;
       message = CMSG_NXTHDR(&header, message)) {
    say(" level %d type %d length %d", message->cmsg_level, message->cmsg_type,
        (int)message->cmsg_len);
    count = (message->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    if (descriptors) memcpy(descriptors, CMSG_DATA(message), count * sizeof(int));
  }
  say("\n");
  return count;
}

static int ends[2];

static int child(void) {
  int got[2], more[2];
  close(ends[0]);
  if (take(ends[1], sizeof control, 0, got) != 2) return 1;
  if (write(got[0], "written by child", 16) != 16) return 2;
  if (lseek(got[1], 0, SEEK_CUR) != 3) return 3;
  NEED(pipe(more) == 0);
  if (pass(ends[1], more, 1, 0) != 1) return 4;
  close(more[0]);
  if (write(more[1], "pipe of child", 13) != 13) return 5;
  return 0;
}

static int count_open(void) {
  int count = 0;
  for (int fd = 0; fd < 100; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

int main(void) {
  int files[300], got[300];
  NEED(mkdir("rights.d", 0755) == 0 && chdir("rights.d") == 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  int own[2];
  NEED(pipe(own) == 0);
  int file = open("file", O_CREAT | O_RDWR, 0666);
  NEED(write(file, "abc", 3) == 3);
  pid_t pid = spawn(child);
  files[0] = own[1];
  files[1] = file;
  RESULT(pass(ends[0], files, 2, 0));
  memset(data, 0, sizeof data);
  RESULT(read(own[0], data, sizeof data));
  say("%s\n", data);
  NEED(take(ends[0], sizeof control, 0, got) == 1);
  RESULT(read(got[0], data, sizeof data));
  say("%.13s\n", data);
  RESULT(fcntl(got[0], F_GETFD));
  reap("child", pid);
  RESULT(read(got[0], data, 1));
  close(got[0]);

  say("what comes along\n");
  int before = count_open();
  files[0] = file;
  for (int at = 1; at < 300; at++) files[at] = file;
  RESULT(pass(ends[0], files, 3, 0));
  take(ends[1], CMSG_SPACE(2 * sizeof(int)), MSG_CMSG_CLOEXEC, got);
  RESULT(fcntl(got[0], F_GETFD));
  close(got[0]);
  close(got[1]);
  RESULT(pass(ends[0], files, 2, 0));
  take(ends[1], CMSG_LEN(sizeof(int)), 0, got);
  close(got[0]);
  RESULT(pass(ends[0], files, 1, 0));
  take(ends[1], sizeof(struct cmsghdr), 0, got);
  RESULT(pass(ends[0], files, 1, 0));
  take(ends[1], 7, 0, got);
  RESULT(pass(ends[0], files, 1, 0));
  take(ends[1], 0, 0, got);
  RESULT(pass(ends[0], files, 1, 0));
  RESULT(read(ends[1], data, 1));
  RESULT(pass(ends[0], files, 1, 0));
  NEED(take(ends[1], sizeof control, MSG_PEEK, got) == 1);
  NEED(take(ends[1], sizeof control, 0, got + 1) == 1);
  IS(got[0] != got[1]);
  close(got[0]);
  close(got[1]);
  RESULT(send(ends[0], "plain", 5, 0));
  RESULT(pass(ends[0], files, 1, 0));
  RESULT(send(ends[0], "plain", 5, 0));
  NEED(take(ends[1], sizeof control, 0, got) == 1);
  close(got[0]);
  take(ends[1], sizeof control, 0, got);
  IS(count_open() == before);

  say("what nobody receives\n");
  int gone[2], pair[2];
  NEED(pipe(gone) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  RESULT(pass(pair[0], gone + 1, 1, 0));
  close(gone[1]);
  NEED(fcntl(gone[0], F_SETFL, O_NONBLOCK) == 0);
  RESULT(read(gone[0], data, 1));
  RESULT(close(pair[1]));
  RESULT(read(gone[0], data, 1));
  close(gone[0]);
  close(pair[0]);
  NEED(pipe(gone) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  RESULT(pass(pair[0], gone + 1, 1, 0));
  close(gone[1]);
  RESULT(recv(pair[1], data, 1, 0));
  RESULT(read(gone[0], data, 1));
  close(gone[0]);

  say("limits\n");
  RESULT(pass(ends[0], files, 253, 0));
  RESULT(pass(ends[0], files, 254, 0));
  struct rlimit limit, usual;
  NEED(getrlimit(RLIMIT_NOFILE, &usual) == 0);
  limit = usual;
  limit.rlim_cur = file + 6;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  int count = take(ends[1], sizeof control, 0, got);
  IS(count > 0 && count < 10);
  for (int at = 0; at < count; at++) close(got[at]);
  NEED(setrlimit(RLIMIT_NOFILE, &usual) == 0);
  int none = 77;
  RESULT(pass(ends[0], &none, 1, 0));
  none = -1;
  RESULT(pass(ends[0], &none, 1, 0));
  none = open(".", O_PATH);
  RESULT(pass(ends[0], &none, 1, 0));
  NEED(take(ends[1], sizeof control, 0, got) == 1);
  RESULT(read(got[0], data, 1));
  close(got[0]);

  pass(ends[0], files, 0, MSG_DONTWAIT);
  RESULT(recv(ends[1], data, 64, MSG_DONTWAIT));
  struct cmsghdr *message = (struct cmsghdr *)control;
  message->cmsg_len = 3;
  RESULT(sendmsg(ends[0], &header, 0));
  message->cmsg_len = 4000;
  RESULT(sendmsg(ends[0], &header, 0));
  message->cmsg_len = CMSG_LEN(0);
  message->cmsg_type = 99;
  RESULT(sendmsg(ends[0], &header, 0));
  header.msg_control = bad_pointer();
  RESULT(sendmsg(ends[0], &header, 0));
  header.msg_control = 0;
  header.msg_controllen = 0;
  RESULT(sendmsg(ends[0], &header, 0));
  header.msg_iov = bad_pointer();
  RESULT(sendmsg(ends[0], &header, 0));
  RESULT(recvmsg(ends[1], &header, 0));
  header.msg_iov = &vector;
  header.msg_iovlen = 2000;
  RESULT(sendmsg(ends[0], &header, 0));
  RESULT(recvmsg(ends[1], &header, 0));
  header.msg_iovlen = 1;
  vector.iov_base = bad_pointer();
  RESULT(sendmsg(ends[0], &header, 0));
  RESULT(sendmsg(ends[0], bad_pointer(), 0));
  RESULT(recvmsg(ends[1], bad_pointer(), 0));
  RESULT(sendmsg(-1, &header, 0));
  RESULT(recvmsg(file, &header, 0));
  return 0;
}
