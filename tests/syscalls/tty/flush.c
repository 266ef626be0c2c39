/* tcflush and the change of settings that drops input. */
#include "terminal.h"

static void count(Pair pair) {
  int slave = -1, master = -1;
  sleep_ms(30);
  NEED(ioctl(pair.slave, FIONREAD, &slave) == 0);
  NEED(ioctl(pair.master, FIONREAD, &master) == 0);
  say("slave has %d, master %d\n", slave, master);
}

int main(void) {
  Pair pair = open_pair();
  struct termios settings;
  local_flags(pair.slave, ECHO, 0);
  type(pair, "one\n");
  count(pair);
  RESULT(tcflush(pair.slave, TCIFLUSH));
  count(pair);
  type(pair, "two\nthree");
  count(pair);
  RESULT(tcflush(pair.slave, TCOFLUSH));
  count(pair);
  RESULT(tcflush(pair.slave, TCIOFLUSH));
  count(pair);
  type(pair, "\n");
  read_slave(pair, "the unfinished line is gone");
  RESULT(write(pair.slave, "shown", 5));
  count(pair);
  RESULT(tcflush(pair.master, TCIFLUSH));
  count(pair);
  type(pair, "four\n");
  count(pair);
  NEED(tcgetattr(pair.slave, &settings) == 0);
  RESULT(tcsetattr(pair.slave, TCSADRAIN, &settings));
  count(pair);
  RESULT(tcsetattr(pair.slave, TCSAFLUSH, &settings));
  count(pair);
  RESULT(tcflush(pair.slave, 3));
  RESULT(tcflush(pair.slave, -1));
  RESULT(tcflush(pair.master, 3));
  return 0;
}
