/* bind(2) and getsockname(2): paths, abstract names, names that are chosen; refusals. */
#include "check.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;

static int named(int fd, const char *path) {
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path);
  return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static void show(int fd) {
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  memset(&name, '#', sizeof name);
  NEED(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
  say("length %d family %d ", (int)length, name.sun_family);
  for (int at = 0; at < (int)length - 2 && at < 20; at++) {
    unsigned char byte = name.sun_path[at];
    say(byte > 32 && byte < 127 ? "%c" : "\\%d", byte);
  }
  say("\n");
}

static int fresh(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(fd >= 0);
  return fd;
}

int main(void) {
  NEED(mkdir("bind.d", 0755) == 0 && chdir("bind.d") == 0);
  umask(022);
  int fd = fresh();
  RESULT(named(fd, "socket"));
  show(fd);
  struct stat status;
  NEED(stat("socket", &status) == 0);
  say("mode %o links %ld size %ld\n", status.st_mode, (long)status.st_nlink, (long)status.st_size);
  RESULT(named(fd, "another"));
  RESULT(access("another", F_OK));
  RESULT(named(fd, "socket"));
  RESULT(named(fresh(), "socket"));
  RESULT(named(fresh(), "none/socket"));
  RESULT(named(fresh(), "socket/below"));
  RESULT(named(fresh(), "."));
  RESULT(named(fresh(), "new/"));
  RESULT(symlink("nowhere", "dangling"));
  RESULT(named(fresh(), "dangling"));
  RESULT(open("socket", O_RDWR));
  RESULT(unlink("socket"));
  show(fd);
  RESULT(named(fresh(), "socket"));
  RESULT(rename("socket", "moved"));
  RESULT(mkdir("closed", 0500));
  char path[109];
  memset(path, 'p', 108);
  path[108] = 0;
  fd = fresh();
  RESULT(named(fd, path));
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  RESULT(getsockname(fd, (struct sockaddr *)&name, &length));
  say("length %d of %d\n", (int)length, (int)sizeof name);
  RESULT(unlink(path));

  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, "\0some\0name", 10);
  fd = fresh();
  RESULT(bind(fd, (struct sockaddr *)&address, 12));
  show(fd);
  RESULT(bind(fresh(), (struct sockaddr *)&address, 12));
  int other = fresh();
  RESULT(bind(other, (struct sockaddr *)&address, 11));
  show(other);
  int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
  RESULT(bind(datagram, (struct sockaddr *)&address, 12));
  RESULT(close(fd));
  RESULT(bind(fresh(), (struct sockaddr *)&address, 12));

  fd = fresh();
  RESULT(bind(fd, (struct sockaddr *)&address, 2));
  length = sizeof name;
  NEED(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
  say("chosen: length %d, first byte %d\n", (int)length, name.sun_path[0]);
  RESULT(bind(fd, (struct sockaddr *)&address, 2));

  RESULT(bind(fresh(), (struct sockaddr *)&address, 0));
  RESULT(bind(fresh(), (struct sockaddr *)&address, 1));
  RESULT(bind(fresh(), (struct sockaddr *)&address, 111));
  RESULT(bind(fresh(), (struct sockaddr *)&address, 129));
  RESULT(bind(fresh(), (struct sockaddr *)&address, -1));
  address.sun_family = AF_UNSPEC;
  RESULT(bind(fresh(), (struct sockaddr *)&address, 12));
  RESULT(bind(fresh(), (struct sockaddr *)&address, 2));
  RESULT(bind(fresh(), bad_pointer(), 12));
  RESULT(bind(-1, (struct sockaddr *)&address, 12));
  RESULT(bind(open("/dev/null", O_RDWR), (struct sockaddr *)&address, 12));
  fd = fresh();
  length = sizeof name;
  RESULT(getsockname(fd, bad_pointer(), &length));
  RESULT(getsockname(fd, (struct sockaddr *)&name, bad_pointer()));
  length = -1;
  RESULT(getsockname(fd, (struct sockaddr *)&name, &length));
  length = 1;
  RESULT(getsockname(fd, (struct sockaddr *)&name, &length));
  say("length %d\n", (int)length);
  RESULT(getsockname(-1, (struct sockaddr *)&name, &length));
  RESULT(getsockname(open("/dev/null", O_RDWR), (struct sockaddr *)&name, &length));
  return 0;
}
