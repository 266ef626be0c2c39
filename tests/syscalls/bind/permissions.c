/* bind(2) makes a node as others are made: umask, ids, EACCES; connect(2) needs to write it. */
#include "check.h"
#include <sys/socket.h>
#include <grp.h>
#include <sys/un.h>

static struct sockaddr_un address;

static int named(int (*call)(int, const struct sockaddr *, socklen_t), const char *path) {
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(fd >= 0);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path, sizeof address.sun_path);
  return call(fd, (struct sockaddr *)&address, sizeof address);
}

static void show(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  say("%s: mode %o user %d group %d\n", path, status.st_mode, status.st_uid, status.st_gid);
}

int main(void) {
  NEED(mkdir("permissions.d", 0755) == 0 && chdir("permissions.d") == 0 && chmod(".", 0777) == 0);
  umask(0);
  RESULT(named(bind, "open"));
  show("open");
  umask(077);
  RESULT(named(bind, "owner"));
  show("owner");
  umask(027);
  RESULT(named(bind, "group"));
  show("group");
  NEED(mkdir("closed", 0755) == 0);
  NEED(chmod("open", 0666) == 0);
  NEED(setgroups(0, 0) == 0 && setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);
  RESULT(named(connect, "open"));
  RESULT(named(connect, "owner"));
  RESULT(named(connect, "group"));
  RESULT(named(bind, "closed/socket"));
  RESULT(named(bind, "mine"));
  show("mine");
  RESULT(chmod("mine", 0));
  RESULT(named(connect, "mine"));
  RESULT(chmod("mine", 0444));
  RESULT(named(connect, "mine"));
  RESULT(chmod("mine", 0200));
  RESULT(named(connect, "mine"));
  return 0;
}
