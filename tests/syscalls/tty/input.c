/* c_iflag: what becomes of bytes on their way in. */
#include "terminal.h"

static void with(Pair pair, const char *what, tcflag_t flags, const char *keys) {
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  settings.c_iflag = flags;
  NEED(tcsetattr(pair.slave, TCSANOW, &settings) == 0);
  say("-- %s\n", what);
  type(pair, keys);
  screen(pair, "screen");
  char bytes[200];
  show_bytes("input", bytes, collect(pair.slave, bytes, sizeof bytes, 60));
}

int main(void) {
  Pair pair = open_pair();
  with(pair, "nothing", 0, "a\rb\n");
  with(pair, "ICRNL", ICRNL, "a\rb\n");
  with(pair, "INLCR", INLCR, "a\nb\n");
  with(pair, "INLCR ICRNL", INLCR | ICRNL, "a\nb\r");
  with(pair, "IGNCR", IGNCR | ICRNL, "a\rb\n");
  with(pair, "ISTRIP", ISTRIP, "\341\342\n");
  with(pair, "IUCLC", IUCLC, "aBC\n");
  with(pair, "PARMRK", PARMRK, "a\377b\n");
  with(pair, "IXON", IXON, "a\023\021b\n");
  with(pair, "no IXON", 0, "a\023\021b\n");
  local_flags(pair.slave, IEXTEN, 0);
  with(pair, "IUCLC without IEXTEN", IUCLC, "aBC\n");
  local_flags(pair.slave, ICANON, IEXTEN);
  with(pair, "raw: nothing", 0, "a\rb\n\177\025\004");
  with(pair, "raw: ICRNL", ICRNL, "a\rb\n");
  with(pair, "raw: INLCR", INLCR, "a\rb\n");
  with(pair, "raw: IGNCR", IGNCR, "a\rb\n");
  with(pair, "raw: ISTRIP PARMRK", ISTRIP | PARMRK, "\341\377b");
  with(pair, "raw: PARMRK", PARMRK, "\341\377b");
  local_flags(pair.slave, ECHO, ECHONL);
  with(pair, "raw: ECHONL", 0, "a\nb");
  local_flags(pair.slave, ECHOCTL, ECHO);
  with(pair, "raw: no ECHOCTL", 0, "a\001\033\tb\n");
  return 0;
}
