/* TIOCEXCL keeps others out, but for root; old ways to insert input and to hang up are root's.
 * riscv64 only: what root may depends on the namespace natively.
 * qemu differs: it asks the host, too. */
#include "terminal.h"

static Pair pair;

static int as_user(void) {
  int value = -1;
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(open("/dev/pts/0", O_RDWR | O_NOCTTY));
  RESULT(ioctl(pair.slave, TIOCNXCL));
  RESULT(open("/dev/pts/0", O_RDWR | O_NOCTTY) >= 0);
  RESULT(ioctl(pair.slave, TIOCSTI, "x"));
  RESULT(ioctl(pair.slave, TIOCSTI, bad_pointer()));
  RESULT(ioctl(pair.slave, 0x5437));
  RESULT(vhangup());
  NEED(setsid() > 0);
  int fd = open("/dev/pts/0", O_WRONLY | O_NOCTTY);
  RESULT(ioctl(fd, TIOCSCTTY, 0));
  fd = open("/dev/pts/0", O_RDONLY | O_NOCTTY);
  RESULT(ioctl(fd, TIOCSCTTY, 1));
  return 0;
}

static int thief(void) {
  NEED(setsid() > 0);
  int fd = open("/dev/pts/0", O_RDWR);
  RESULT(ioctl(fd, TIOCSCTTY, 0));
  RESULT(ioctl(fd, TIOCSCTTY, 1));
  IS(tcgetpgrp(fd) == getpid());
  handle(SIGHUP, SIG_IGN, 0);
  RESULT(vhangup());
  char byte;
  RESULT(read(fd, &byte, 1));
  RESULT(write(fd, "x", 1));
  RESULT(open("/dev/tty", O_RDWR));
  RESULT(vhangup());
  fd = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  RESULT(write(fd, "x", 1));
  return 0;
}

int main(void) {
  int value = -1;
  pair = open_pair();
  NEED(chmod("/dev/pts/0", 0666) == 0);
  RESULT(ioctl(pair.slave, TIOCGEXCL, &value));
  say("exclusive %d\n", value);
  RESULT(ioctl(pair.slave, TIOCEXCL));
  RESULT(ioctl(pair.slave, TIOCGEXCL, &value));
  say("exclusive %d\n", value);
  RESULT(ioctl(pair.master, TIOCGEXCL, &value));
  say("the master's %d\n", value);
  RESULT(open("/dev/pts/0", O_RDWR | O_NOCTTY) >= 0);
  reap("user", spawn(as_user));
  RESULT(ioctl(pair.slave, TIOCNXCL));
  local_flags(pair.slave, ECHO, 0);
  RESULT(ioctl(pair.slave, TIOCSTI, "o"));
  RESULT(ioctl(pair.slave, TIOCSTI, "k"));
  RESULT(ioctl(pair.slave, TIOCSTI, "\n"));
  read_slave(pair, "inserted");
  RESULT(ioctl(pair.slave, TIOCSTI, bad_pointer()));
  NEED(setsid() > 0 || getsid(0) == getpid());
  RESULT(ioctl(pair.slave, TIOCSCTTY, 0));
  reap("thief", spawn(thief));
  RESULT(open("/dev/tty", O_RDWR));
  char byte;
  RESULT(read(pair.slave, &byte, 1));
  return 0;
}
