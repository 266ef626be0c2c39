/* What either end sees when the other is not there, or goes. */
#include "terminal.h"

static void show_poll(int fd) {
  struct pollfd ask = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
  int count = poll(&ask, 1, 0);
  say("poll %d: %x\n", count, ask.revents);
}

int main(void) {
  char bytes[100];
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
  NEED(master >= 0 && unlockpt(master) == 0);
  RESULT(read(master, bytes, sizeof bytes));
  show_poll(master);
  RESULT(write(master, "early\n", 6));
  int slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  Pair pair = {master, slave};
  screen(pair, "echo without a slave");
  read_slave(pair, "typed before the open");
  RESULT(read(slave, bytes, 0));

  RESULT(write(slave, "last words", 10));
  RESULT(close(slave));
  say("first %s\n", read(master, bytes, 4) == 4 ? "four" : "?");
  show_poll(master);
  show_bytes("rest", bytes, read(master, bytes, sizeof bytes));
  RESULT(read(master, bytes, sizeof bytes));
  show_poll(master);
  RESULT(write(master, "kept\n", 5));
  sleep_ms(50);
  screen(pair, "echo after the close");
  slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  pair.slave = slave;
  RESULT(read(master, bytes, sizeof bytes));
  show_poll(master);
  read_slave(pair, "typed while it was closed");

  RESULT(write(master, "unread\n", 7));
  sleep_ms(50);
  RESULT(close(master));
  show_poll(slave);
  RESULT(read(slave, bytes, sizeof bytes));
  RESULT(write(slave, "x", 1));
  struct termios settings;
  RESULT(tcgetattr(slave, &settings));
  pid_t group = getpgrp();
  RESULT(ioctl(slave, TIOCSPGRP, &group));
  RESULT(ioctl(slave, TIOCGPGRP, &group));
  struct stat status;
  RESULT(fstat(slave, &status));
  RESULT(stat("/dev/pts/0", &status));
  RESULT(open("/dev/pts/0", O_RDWR | O_NOCTTY));
  int number = -1;
  master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  RESULT(ioctl(master, TIOCGPTN, &number));
  say("while a dead slave is open: %d\n", number);
  RESULT(close(slave));
  master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  RESULT(ioctl(master, TIOCGPTN, &number));
  say("afterwards: %d\n", number);
  return 0;
}
