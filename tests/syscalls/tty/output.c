/* c_oflag: what becomes of bytes on their way out. */
#include "terminal.h"

static void with(Pair pair, const char *what, tcflag_t flags, const char *text) {
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  settings.c_oflag = flags;
  NEED(tcsetattr(pair.slave, TCSANOW, &settings) == 0);
  NEED(write(pair.slave, text, strlen(text)) == (ssize_t)strlen(text));
  screen(pair, what);
  NEED(write(pair.slave, "\r\n", 2) == 2);
  screen(pair, "end");
}

int main(void) {
  Pair pair = open_pair();
  with(pair, "nothing", 0, "a\nb\rc\td\b");
  with(pair, "OPOST", OPOST, "a\nb\rc\td\b");
  with(pair, "ONLCR", OPOST | ONLCR, "a\nb\r\nc");
  with(pair, "OCRNL", OPOST | OCRNL, "a\nb\rc");
  with(pair, "OCRNL ONLCR", OPOST | OCRNL | ONLCR, "a\nb\rc");
  with(pair, "ONOCR", OPOST | ONOCR, "\ra\r\rb\n\rc");
  with(pair, "ONOCR ONLCR", OPOST | ONOCR | ONLCR, "\ra\n\rc");
  with(pair, "ONLRET", OPOST | ONLRET | XTABS, "abc\n\td");
  with(pair, "ONLRET ONOCR", OPOST | ONLRET | ONOCR, "abc\n\rd");
  with(pair, "OLCUC", OPOST | OLCUC, "abCd\344");
  with(pair, "XTABS", OPOST | XTABS, "a\tb\t12345678\tc");
  with(pair, "XTABS backspace", OPOST | XTABS, "abc\b\b\td");
  with(pair, "XTABS control codes", OPOST | XTABS, "a\001\033\td");
  with(pair, "XTABS newline", OPOST | XTABS | ONLCR, "abc\n\td");
  with(pair, "XTABS carriage return", OPOST | XTABS, "abc\r\td");
  with(pair, "XTABS bytes", OPOST | XTABS, "\303\244\td");
  input_flags(pair.slave, 0, IUTF8);
  with(pair, "XTABS UTF-8", OPOST | XTABS, "\303\244\td");
  with(pair, "flags without OPOST", OLCUC | ONLCR | XTABS, "a\n\tb");
  return 0;
}
