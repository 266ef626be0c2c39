/* sethostname, setdomainname: what uname and /proc/sys say then, and the refusals. */
#include "check.h"
#include <sys/utsname.h>

static void show(void) {
  struct utsname names;
  NEED(uname(&names) == 0);
  say("%s %s\n", names.nodename, names.domainname);
}

static void show_file(const char *path) {
  char text[100];
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = read(fd, text, sizeof text);
  say("%s: %.*s", path, (int)length, text);
  close(fd);
}

int main(void) {
  static char name[65];
  memset(name, 'n', sizeof name);
  RESULT(sethostname("first", 5));
  RESULT(setdomainname("example", 7));
  show();
  RESULT(sethostname("second and more", 6));
  show();
  RESULT(sethostname("in\0side", 7));
  show();
  RESULT(sethostname(name, 64));
  RESULT(sethostname(name, 65));
  RESULT(sethostname(name, -1));
  RESULT(setdomainname(name, 65));
  RESULT(setdomainname(name, -1));
  RESULT(sethostname(bad_pointer(), 5));
  RESULT(setdomainname(bad_pointer(), 5));
  show();
  RESULT(sethostname("host", 4));
  show_file("/proc/sys/kernel/hostname");
  show_file("/proc/sys/kernel/domainname");
  RESULT(setresuid(1000, 1000, 1000));
  RESULT(sethostname("mine", 4));
  RESULT(setdomainname("mine", 4));
  RESULT(open("/proc/sys/kernel/hostname", O_WRONLY));
  show();
  return 0;
}
