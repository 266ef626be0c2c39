/* Packet mode: a byte before the data, or what has happened.
 * qemu differs: it does not know TIOCGPKT. */
#include "terminal.h"

static void show(Pair pair, const char *what) {
  char bytes[100];
  struct pollfd ask = {.fd = pair.master, .events = POLLIN | POLLPRI};
  int ready = poll(&ask, 1, 100);
  if (ready != 1) say("%s: nothing\n", what);
  else {
    say("poll %x, ", ask.revents);
    show_bytes(what, bytes, read(pair.master, bytes, sizeof bytes));
  }
}

int main(void) {
  Pair pair = open_pair();
  int on = 1, off = 0, mode = 9;
  char byte;
  RESULT(ioctl(pair.master, TIOCGPKT, &mode));
  say("mode %d\n", mode);
  RESULT(ioctl(pair.master, TIOCPKT, &on));
  RESULT(ioctl(pair.master, TIOCGPKT, &mode));
  say("mode %d\n", mode);
  RESULT(write(pair.slave, "data", 4));
  show(pair, "data");
  RESULT(write(pair.slave, "abc", 3));
  RESULT(read(pair.master, &byte, 1));
  say("byte %d\n", byte);
  show(pair, "what is left");
  RESULT(tcflow(pair.slave, TCOOFF));
  show(pair, "stopped");
  RESULT(tcflow(pair.slave, TCOON));
  show(pair, "started");
  RESULT(tcflow(pair.slave, TCOOFF));
  RESULT(tcflow(pair.slave, TCOON));
  show(pair, "stopped and started");
  RESULT(tcflush(pair.slave, TCIFLUSH));
  show(pair, "input flushed");
  RESULT(tcflush(pair.slave, TCOFLUSH));
  show(pair, "output flushed");
  RESULT(tcflush(pair.slave, TCIOFLUSH));
  show(pair, "both flushed");
  input_flags(pair.slave, IXON, 0);
  show(pair, "no flow control");
  input_flags(pair.slave, 0, IXON);
  show(pair, "flow control");
  control_character(pair.slave, VSTOP, 1);
  show(pair, "another STOP");
  local_flags(pair.slave, ECHO, 0);
  show(pair, "no echo");
  type(pair, "\021");
  show(pair, "START when running");
  type(pair, "\001");
  show(pair, "STOP typed");
  type(pair, "\021");
  show(pair, "START typed");
  type(pair, "\003");
  show(pair, "INTR typed");
  RESULT(write(pair.slave, "more", 4));
  RESULT(tcflow(pair.slave, TCOOFF));
  show(pair, "stopped, data waits");
  show(pair, "data");
  RESULT(tcflow(pair.slave, TCOON));
  RESULT(ioctl(pair.master, TIOCPKT, &off));
  RESULT(write(pair.slave, "plain", 5));
  show(pair, "without packets");
  RESULT(ioctl(pair.master, TIOCPKT, bad_pointer()));
  RESULT(ioctl(pair.master, TIOCGPKT, bad_pointer()));
  return 0;
}
