/* connect(2): what it finds, and what it refuses. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;

static int with(int (*call)(int, const struct sockaddr *, socklen_t), int fd, const char *path) {
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path);
  return call(fd, (struct sockaddr *)&address, sizeof address);
}

static int fresh(int type) {
  int fd = socket(AF_UNIX, type, 0);
  NEED(fd >= 0);
  return fd;
}

static void show_peer(int fd) {
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  memset(&name, 0, sizeof name);
  int result = getpeername(fd, (struct sockaddr *)&name, &length);
  if (result < 0) say("no peer: %s\n", error_name(errno));
  else say("peer: length %d %s\n", (int)length, name.sun_path);
}

int main(void) {
  NEED(mkdir("connect.d", 0755) == 0 && chdir("connect.d") == 0);
  int listener = fresh(SOCK_STREAM);
  NEED(with(bind, listener, "listener") == 0);
  RESULT(with(connect, fresh(SOCK_STREAM), "listener"));
  RESULT(listen(listener, 5));
  RESULT(listen(listener, 3));
  int client = fresh(SOCK_STREAM);
  RESULT(with(connect, client, "listener"));
  show_peer(client);
  RESULT(with(connect, client, "listener"));
  RESULT(with(connect, client, "nothing"));
  RESULT(with(connect, listener, "listener"));
  RESULT(listen(client, 1));
  RESULT(with(bind, client, "client"));
  int server = accept(listener, 0, 0);
  NEED(server >= 0);
  show_peer(server);
  RESULT(write(client, "hello", 5));
  char buffer[16];
  RESULT(read(server, buffer, sizeof buffer));
  RESULT(close(server));
  show_peer(client);
  RESULT(read(client, buffer, sizeof buffer));

  RESULT(with(connect, fresh(SOCK_STREAM), "nothing"));
  RESULT(with(connect, fresh(SOCK_STREAM), "listener/below"));
  RESULT(with(connect, fresh(SOCK_STREAM), "."));
  NEED(close(open("file", O_CREAT | O_RDWR, 0666)) == 0);
  RESULT(with(connect, fresh(SOCK_STREAM), "file"));
  RESULT(with(connect, fresh(SOCK_DGRAM), "listener"));
  RESULT(with(connect, fresh(SOCK_SEQPACKET), "listener"));
  RESULT(symlink("listener", "link"));
  RESULT(with(connect, fresh(SOCK_STREAM), "link"));
  RESULT(symlink("loop", "loop"));
  RESULT(with(connect, fresh(SOCK_STREAM), "loop"));
  RESULT(rename("listener", "moved"));
  RESULT(with(connect, fresh(SOCK_STREAM), "moved"));
  RESULT(link("moved", "second"));
  RESULT(with(connect, fresh(SOCK_STREAM), "second"));
  RESULT(unlink("moved"));
  RESULT(with(connect, fresh(SOCK_STREAM), "moved"));
  RESULT(close(listener));
  RESULT(with(connect, fresh(SOCK_STREAM), "second"));

  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, "\0nobody", 7);
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, 9));
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, 2));
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, 111));
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, -1));
  RESULT(connect(fresh(SOCK_STREAM), bad_pointer(), 9));
  RESULT(connect(-1, (struct sockaddr *)&address, 9));
  RESULT(connect(open("/dev/null", O_RDWR), (struct sockaddr *)&address, 9));
  address.sun_family = AF_INET;
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, 9));
  address.sun_family = AF_UNSPEC;
  RESULT(connect(fresh(SOCK_STREAM), (struct sockaddr *)&address, 9));
  RESULT(connect(fresh(SOCK_DGRAM), (struct sockaddr *)&address, 2));
  return 0;
}
