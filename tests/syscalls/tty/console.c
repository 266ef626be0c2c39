/* /dev/console and the terminal behind it: only that one becomes a controlling terminal.
 * riscv64 only: the host's console is not ours to open.
 * qemu differs: it is the host's, too. */
#include "terminal.h"
#include <sys/sysmacros.h>

static int session(void) {
  NEED(setsid() > 0);
  int console = open("/dev/console", O_RDWR);
  IS(console >= 0);
  RESULT(open("/dev/tty", O_RDWR));
  RESULT(isatty(console));
  int terminal = open("/dev/hvc0", O_RDWR);
  IS(terminal >= 0);
  IS(open("/dev/tty", O_RDWR) >= 0);
  IS(tcgetpgrp(terminal) == getpid());
  IS(tcgetpgrp(console) == getpid());
  struct stat status;
  NEED(fstat(console, &status) == 0);
  say("console %d:%d\n", major(status.st_rdev), minor(status.st_rdev));
  NEED(fstat(terminal, &status) == 0);
  say("terminal %d:%d\n", major(status.st_rdev), minor(status.st_rdev));
  say("%s\n", ttyname(terminal));
  int value = -1;
  RESULT(ioctl(console, TIOCGPTN, &value));
  RESULT(ioctl(console, TIOCGPTPEER, O_RDWR));
  RESULT(ioctl(console, TIOCGDEV, &value));
  say("%x\n", value);
  char byte;
  handle(SIGHUP, SIG_IGN, 0);
  RESULT(vhangup());
  RESULT(read(terminal, &byte, 1));
  RESULT(write(terminal, "x", 1));
  RESULT(tcgetpgrp(terminal));
  RESULT(write(console, "", 0));
  RESULT(isatty(console));
  return 0;
}

int main(void) {
  reap("session", spawn(session));
  return 0;
}
