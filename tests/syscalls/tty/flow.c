/* Flow control: STOP and START characters, IXANY, tcflow on either end.
 * qemu differs: it does not know some of the requests. */
#include "terminal.h"

static void put(Pair pair, const char *what) {
  NEED(fcntl(pair.slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  struct pollfd ask = {.fd = pair.slave, .events = POLLOUT};
  int ready = poll(&ask, 1, 0);
  ssize_t count = write(pair.slave, what, strlen(what));
  say("%s: ready %d, %s\n", what, ready, count < 0 ? error_name(errno) : "written");
}

static void key(Pair pair, const char *what, const char *keys) {
  type(pair, keys);
  screen(pair, what);
}

int main(void) {
  Pair pair = open_pair();
  int count = -1;
  NEED(fcntl(pair.master, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  put(pair, "running");
  screen(pair, "screen");
  put(pair, "before");
  key(pair, "STOP", "\023");
  put(pair, "stopped");
  key(pair, "another key", "x");
  put(pair, "still stopped");
  RESULT(tcflow(pair.slave, TCOON));
  put(pair, "tcflow does not start it");
  screen(pair, "screen");
  key(pair, "START", "\021");
  put(pair, "started");
  screen(pair, "screen");

  input_flags(pair.slave, 0, IXANY);
  key(pair, "STOP", "\023");
  put(pair, "stopped");
  key(pair, "any key", "y");
  put(pair, "started");
  screen(pair, "screen");
  input_flags(pair.slave, IXANY, 0);

  key(pair, "STOP", "\023");
  key(pair, "INTR starts", "\003");
  put(pair, "started");
  screen(pair, "screen");

  RESULT(tcflow(pair.slave, TCOOFF));
  put(pair, "suspended");
  RESULT(ioctl(pair.slave, TIOCOUTQ, &count));
  say("queued %d\n", count);
  key(pair, "START does not", "\021");
  put(pair, "suspended");
  RESULT(tcflow(pair.slave, TCOON));
  put(pair, "resumed");
  screen(pair, "screen");

  key(pair, "STOP", "\023");
  input_flags(pair.slave, IXON, 0);
  put(pair, "no flow control");
  screen(pair, "screen");
  key(pair, "STOP is input", "\023");
  input_flags(pair.slave, 0, IXON);

  RESULT(tcflow(pair.slave, TCIOFF));
  screen(pair, "STOP is sent");
  RESULT(tcflow(pair.slave, TCION));
  screen(pair, "START is sent");
  RESULT(tcflow(pair.slave, 4));
  RESULT(tcflow(pair.slave, -1));

  RESULT(tcflow(pair.master, TCOOFF));
  RESULT(write(pair.master, "z", 1));
  RESULT(tcflow(pair.master, TCOON));
  RESULT(write(pair.master, "z\n", 2));
  read_slave(pair, "line");
  RESULT(tcflow(pair.master, 7));
  RESULT(tcdrain(pair.slave));
  RESULT(tcdrain(pair.master));
  RESULT(tcsendbreak(pair.slave, 0));
  RESULT(ioctl(pair.slave, TIOCSBRK));
  RESULT(ioctl(pair.slave, TIOCCBRK));
  return 0;
}
