/* socketpair(2): types, flags, what the ends do, and its refusals. */
#include "check.h"
#include <sys/socket.h>

static void talk(const char *name, int type) {
  int ends[2];
  char buffer[16];
  say("%s\n", name);
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  RESULT(write(ends[0], "first", 5));
  RESULT(write(ends[0], "second", 6));
  memset(buffer, 0, sizeof buffer);
  RESULT(read(ends[1], buffer, 4));
  say("%s\n", buffer);
  memset(buffer, 0, sizeof buffer);
  RESULT(read(ends[1], buffer, sizeof buffer));
  say("%s\n", buffer);
  RESULT(write(ends[1], "back", 4));
  RESULT(read(ends[0], buffer, sizeof buffer));
  RESULT(lseek(ends[0], 0, SEEK_CUR));
  RESULT(pread(ends[0], buffer, 1, 0));
  RESULT(pwrite(ends[0], buffer, 1, 0));
  RESULT(fsync(ends[0]));
  RESULT(ftruncate(ends[0], 0));
  struct stat status;
  NEED(fstat(ends[0], &status) == 0);
  say("mode %o links %ld size %ld\n", status.st_mode, (long)status.st_nlink, (long)status.st_size);
  RESULT(fcntl(ends[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  int ends[2];
  talk("stream", SOCK_STREAM);
  talk("datagram", SOCK_DGRAM);
  talk("packets", SOCK_SEQPACKET);
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  RESULT(fcntl(ends[0], F_GETFD));
  RESULT(fcntl(ends[1], F_GETFD));
  IS((fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0);
  char byte;
  RESULT(read(ends[0], &byte, 1));
  RESULT(socketpair(AF_UNIX, 77, 0, ends));
  RESULT(socketpair(AF_UNIX, 4, 0, ends));
  RESULT(socketpair(AF_UNIX, SOCK_STREAM, 17, ends));
  RESULT(socketpair(99, SOCK_STREAM, 0, ends));
  RESULT(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)bad_pointer()));
  struct rlimit limit = {6, 6};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  return 0;
}
