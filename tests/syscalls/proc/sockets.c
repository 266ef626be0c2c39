/* /proc/net/unix: a socket that listens, one with a path, one without a name; links to sockets. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static char text[60000];

static void load(void) {
  int fd = open("/proc/net/unix", O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = 0;
  for (ssize_t got; (got = read(fd, text + length, sizeof text - 1 - (size_t)length)) > 0;) length += got;
  text[length] = 0;
  close(fd);
}

/* The line of the socket: flags, type, state and path. */
static void show(const char *what, int fd) {
  struct stat at;
  unsigned flags, type, state;
  unsigned long inode;
  NEED(fstat(fd, &at) == 0);
  load();
  for (char *line = strchr(text, '\n') + 1; line && *line; line = strchr(line, '\n') + 1) {
    int path = 0;
    NEED(sscanf(line, "%*[^:]: %*x %*x %x %x %x %lu%n", &flags, &type, &state, &inode, &path) == 4);
    if (inode != at.st_ino) continue;
    say("%s: %08X %04X %02X%.*s\n", what, flags, type, state, (int)strcspn(line + path, "\n"), line + path);
    return;
  }
  say("%s: no line\n", what);
}

int main(void) {
  struct sockaddr_un address = {AF_UNIX, "path"}, abstract = {AF_UNIX, "\0name"};
  struct stat at;
  char link[60], target[100] = "", wanted[60];
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  int datagram = socket(AF_UNIX, SOCK_DGRAM, 0), pair[2];
  NEED(server >= 0 && client >= 0 && datagram >= 0);
  show("new", server);
  NEED(bind(server, (struct sockaddr *)&address, sizeof(sa_family_t) + 5) == 0 && listen(server, 5) == 0);
  show("listens", server);
  NEED(connect(client, (struct sockaddr *)&address, sizeof(sa_family_t) + 5) == 0);
  int accepted = accept(server, 0, 0);
  NEED(accepted >= 0);
  show("connected", client);
  show("accepted", accepted);
  NEED(bind(datagram, (struct sockaddr *)&abstract, sizeof(sa_family_t) + 5) == 0);
  show("abstract", datagram);
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  show("pair", pair[1]);
  say("%.*s|\n", (int)strcspn(text, "\n"), text);
  NEED(fstat(server, &at) == 0);
  snprintf(link, sizeof link, "/proc/self/fd/%d", server);
  snprintf(wanted, sizeof wanted, "socket:[%lu]", (unsigned long)at.st_ino);
  NEED(readlink(link, target, sizeof target - 1) > 0);
  IS(strcmp(target, wanted) == 0);
  RESULT(open(link, O_RDWR));
  NEED(readlink("/proc/net", target, sizeof target - 1) > 0);
  say("%.8s\n", target);
  return 0;
}
