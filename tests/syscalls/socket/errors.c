/* socket(2): types and flags, what an unconnected socket answers, refusals. */
#include "check.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>

static void unconnected(const char *name, int type) {
  char byte = 'x';
  say("%s\n", name);
  int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
  NEED(fd >= 0);
  RESULT(read(fd, &byte, 1));
  RESULT(send(fd, "x", 1, MSG_NOSIGNAL));
  RESULT(listen(fd, 1));
  RESULT(accept(fd, 0, 0));
  struct sockaddr_un address;
  socklen_t length = sizeof address;
  RESULT(getsockname(fd, (struct sockaddr *)&address, &length));
  say("length %d family %d\n", (int)length, address.sun_family);
  length = sizeof address;
  RESULT(getpeername(fd, (struct sockaddr *)&address, &length));
  RESULT(shutdown(fd, SHUT_RDWR));
  close(fd);
}

int main(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RESULT(fcntl(fd, F_GETFD));
  IS((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  close(fd);
  fd = socket(AF_UNIX, SOCK_RAW, AF_UNIX);
  int type;
  socklen_t length = sizeof type;
  RESULT(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length));
  IS(type == SOCK_DGRAM);
  struct statfs status;
  RESULT(fstatfs(fd, &status));
  IS(status.f_type == 0x534f434b);
  int bytes;
  RESULT(ioctl(fd, FIONREAD, &bytes));
  RESULT(ioctl(fd, FIONREAD, bad_pointer()));
  RESULT(ioctl(fd, 0x5401, &bytes));
  RESULT(fchmod(fd, 0600));
  struct stat attributes;
  NEED(fstat(fd, &attributes) == 0);
  say("mode %o\n", attributes.st_mode);
  close(fd);
  unconnected("stream", SOCK_STREAM);
  unconnected("datagram", SOCK_DGRAM);
  unconnected("packets", SOCK_SEQPACKET);
  RESULT(socket(AF_UNIX, SOCK_STREAM, 3));
  RESULT(socket(AF_UNIX, 4, 0));
  RESULT(socket(AF_UNIX, 12, 0));
  RESULT(socket(-1, SOCK_STREAM, 0));
  RESULT(socket(99, SOCK_STREAM, 0));
  char link[64], target[64];
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t count = readlink(link, target, sizeof target - 1);
  NEED(count > 0);
  target[count] = 0;
  IS(strncmp(target, "socket:[", 8) == 0);
  RESULT(open(link, O_RDWR));
  int file = open("/dev/null", O_RDWR);
  RESULT(listen(file, 1));
  RESULT(listen(-1, 1));
  RESULT(accept(file, 0, 0));
  RESULT(send(file, "x", 1, 0));
  RESULT(recv(-1, &bytes, 1, 0));
  RESULT(shutdown(file, SHUT_RD));
  RESULT(shutdown(fd, 3));
  RESULT(shutdown(fd, -1));
  struct rlimit limit = {fd + 2, fd + 2};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(socket(AF_UNIX, SOCK_STREAM, 0));
  return 0;
}
