/* What the tests of terminals share: a pair, and input and output that waits for nothing. */
#ifndef TERMINAL_H
#define TERMINAL_H
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

typedef struct {
  int master;
  int slave;
} Pair;

/* A pair whose slave is not the controlling terminal. */
UNUSED static Pair open_pair(void) {
  Pair pair;
  pair.master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  NEED(pair.master >= 0);
  int unlock = 0;
  NEED(ioctl(pair.master, TIOCSPTLCK, &unlock) == 0);
  pair.slave = ioctl(pair.master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  NEED(pair.slave >= 0);
  return pair;
}

/* Changes flags of a terminal: what is cleared, then what is set. */
UNUSED static void local_flags(int fd, tcflag_t clear, tcflag_t set) {
  struct termios settings;
  NEED(tcgetattr(fd, &settings) == 0);
  settings.c_lflag = (settings.c_lflag & ~clear) | set;
  NEED(tcsetattr(fd, TCSANOW, &settings) == 0);
}
UNUSED static void input_flags(int fd, tcflag_t clear, tcflag_t set) {
  struct termios settings;
  NEED(tcgetattr(fd, &settings) == 0);
  settings.c_iflag = (settings.c_iflag & ~clear) | set;
  NEED(tcsetattr(fd, TCSANOW, &settings) == 0);
}
UNUSED static void output_flags(int fd, tcflag_t clear, tcflag_t set) {
  struct termios settings;
  NEED(tcgetattr(fd, &settings) == 0);
  settings.c_oflag = (settings.c_oflag & ~clear) | set;
  NEED(tcsetattr(fd, TCSANOW, &settings) == 0);
}
UNUSED static void control_character(int fd, int index, cc_t value) {
  struct termios settings;
  NEED(tcgetattr(fd, &settings) == 0);
  settings.c_cc[index] = value;
  NEED(tcsetattr(fd, TCSANOW, &settings) == 0);
}

/* Bytes as they would stand in a C string. */
UNUSED static void show_bytes(const char *what, const char *bytes, ssize_t length) {
  char text[900];
  size_t at = 0;
  if (length < 0) {
    say("%s: %s\n", what, error_name(errno));
    return;
  }
  for (ssize_t i = 0; i < length && at < sizeof text - 8; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte == '\n') at += (size_t)sprintf(text + at, "\\n");
    else if (byte == '\r') at += (size_t)sprintf(text + at, "\\r");
    else if (byte == '\b') at += (size_t)sprintf(text + at, "\\b");
    else if (byte == '\t') at += (size_t)sprintf(text + at, "\\t");
    else if (byte < 32 || byte > 126) at += (size_t)sprintf(text + at, "\\x%02x", byte);
    else text[at++] = (char)byte;
  }
  text[at] = 0;
  say("%s: \"%s\"\n", what, text);
}

/* Waits until there is something to read, then takes all that comes within a moment: a master's
 * writes go through the line discipline in a thread of Linux's own. */
UNUSED static ssize_t collect(int fd, char *bytes, size_t room, int wait_ms) {
  size_t length = 0;
  struct pollfd ask = {.fd = fd, .events = POLLIN};
  while (length < room && poll(&ask, 1, length == 0 ? wait_ms : 20) == 1) {
    if (!(ask.revents & POLLIN)) break;
    ssize_t count = read(fd, bytes + length, room - length);
    if (count < 0 && length == 0) return -1;
    if (count <= 0) break;
    length += (size_t)count;
  }
  return (ssize_t)length;
}

/* What the master sees now. */
UNUSED static void screen(Pair pair, const char *what) {
  char bytes[4096];
  show_bytes(what, bytes, collect(pair.master, bytes, sizeof bytes, 150));
}

UNUSED static void type(Pair pair, const char *text) {
  NEED(write(pair.master, text, strlen(text)) == (ssize_t)strlen(text));
}

/* One read of the slave, which must find something. */
UNUSED static void read_slave(Pair pair, const char *what) {
  char bytes[4096];
  struct pollfd ask = {.fd = pair.slave, .events = POLLIN};
  if (poll(&ask, 1, 150) != 1) say("%s: nothing\n", what);
  else show_bytes(what, bytes, read(pair.slave, bytes, sizeof bytes));
}
#endif
