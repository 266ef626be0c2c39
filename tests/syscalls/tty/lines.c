/* Canonical mode: what ends a line, how much a read takes, and the end of file. */
#include "terminal.h"

static void piece(Pair pair, const char *what, size_t length) {
  char bytes[8192];
  struct pollfd ask = {.fd = pair.slave, .events = POLLIN};
  if (poll(&ask, 1, 60) != 1) {
    say("%s: nothing\n", what);
    return;
  }
  int waiting = -1;
  NEED(ioctl(pair.slave, FIONREAD, &waiting) == 0);
  say("%d waiting, ", waiting);
  show_bytes(what, bytes, read(pair.slave, bytes, length));
}

int main(void) {
  Pair pair = open_pair();
  local_flags(pair.slave, ECHO, 0);
  type(pair, "unfinished");
  piece(pair, "no line yet", 100);
  type(pair, "\n");
  piece(pair, "line", 100);
  type(pair, "one\ntwo\nthree\n");
  piece(pair, "first", 100);
  piece(pair, "a part", 2);
  piece(pair, "the rest", 100);
  piece(pair, "exactly", 6);
  piece(pair, "nothing left", 100);
  type(pair, "no newline\004");
  piece(pair, "EOF ends a line", 100);
  type(pair, "\004");
  piece(pair, "end of file", 100);
  type(pair, "\004\004after\n");
  piece(pair, "end of file", 100);
  piece(pair, "end of file", 100);
  piece(pair, "line", 100);
  type(pair, "full\004x\n");
  piece(pair, "just the bytes before EOF", 4);
  piece(pair, "next", 100);
  type(pair, "ab\004cd\n");
  piece(pair, "byte", 1);
  piece(pair, "byte", 1);
  piece(pair, "next", 100);

  control_character(pair.slave, VEOL, ';');
  control_character(pair.slave, VEOL2, ',');
  type(pair, "a;b,c\n");
  piece(pair, "EOL", 100);
  piece(pair, "EOL2", 100);
  piece(pair, "newline", 100);
  local_flags(pair.slave, IEXTEN, ECHO);
  type(pair, "a;b,c\n");
  piece(pair, "EOL", 100);
  piece(pair, "no EOL2", 100);
  screen(pair, "echo of EOL");
  local_flags(pair.slave, 0, IEXTEN);

  control_character(pair.slave, VEOF, _POSIX_VDISABLE);
  type(pair, "a\004\n");
  piece(pair, "EOF is off", 100);
  screen(pair, "echo");
  control_character(pair.slave, VEOF, 4);

  local_flags(pair.slave, ECHO, 0);
  type(pair, "to be bytes");
  local_flags(pair.slave, ICANON, 0);
  piece(pair, "without ICANON", 100);
  type(pair, "to be a line");
  sleep_ms(30);
  local_flags(pair.slave, 0, ICANON);
  piece(pair, "with ICANON", 100);
  type(pair, "first\nsecond\n");
  sleep_ms(30);
  local_flags(pair.slave, ICANON, 0);
  piece(pair, "lines as bytes", 100);

  local_flags(pair.slave, 0, ICANON);
  char long_line[5000];
  memset(long_line, 'x', sizeof long_line);
  long_line[4999] = '\n';
  NEED(write(pair.master, long_line, sizeof long_line) == sizeof long_line);
  char got[6000];
  struct pollfd ask = {.fd = pair.slave, .events = POLLIN};
  RESULT(poll(&ask, 1, 200));
  ssize_t length = read(pair.slave, got, sizeof got);
  say("a line that is too long: %zd bytes, ends in newline: %d\n", length, got[length - 1] == '\n');
  piece(pair, "nothing more", 100);
  return 0;
}
