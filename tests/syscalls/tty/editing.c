/* Canonical mode: what the editing characters do to the line and to the screen. */
#include "terminal.h"

/* Types, then shows the screen and the line that was read. */
static void edit(Pair pair, const char *what, const char *keys) {
  say("-- %s\n", what);
  type(pair, keys);
  screen(pair, "screen");
  read_slave(pair, "line");
}

static void all(Pair pair) {
  edit(pair, "erase", "abX\177c\n");
  edit(pair, "erase all and more", "ab\177\177\177c\n");
  edit(pair, "erase a tab", "ab\tc\177\177d\n");
  edit(pair, "erase a tab behind a tab", "a\tbc\t\177d\n");
  edit(pair, "erase a control code", "a\001\177b\n");
  edit(pair, "erase a tab behind a control code", "a\001\t\177b\n");
  edit(pair, "word erase", "one two_2  \027x\n");
  edit(pair, "word erase of signs", "one ++ \027\027x\n");
  edit(pair, "kill", "some\tthing\001\025x\n");
  edit(pair, "kill nothing", "\025x\n");
  edit(pair, "reprint", "ab\001\tc\022d\n");
  edit(pair, "literal erase", "a\026\177b\n");
  edit(pair, "literal newline", "a\026\nb\n");
  edit(pair, "literal literal", "a\026\026b\n");
  edit(pair, "literal INTR", "a\026\003b\n");
  edit(pair, "UTF-8", "\303\244\303\266\177\n");
  edit(pair, "UTF-8 word", "x \303\244\303\266y\027\n");
  edit(pair, "UTF-8 half", "\244\177x\n");
}

int main(void) {
  Pair pair = open_pair();
  say("== defaults\n");
  all(pair);
  say("== IUTF8\n");
  input_flags(pair.slave, 0, IUTF8);
  all(pair);
  say("== no ECHOE\n");
  local_flags(pair.slave, ECHOE, 0);
  all(pair);
  say("== no ECHOKE\n");
  local_flags(pair.slave, ECHOKE, ECHOE);
  all(pair);
  say("== no ECHOK\n");
  local_flags(pair.slave, ECHOK, 0);
  all(pair);
  say("== no ECHOCTL\n");
  local_flags(pair.slave, ECHOCTL, ECHOK | ECHOKE);
  all(pair);
  say("== ECHOPRT\n");
  local_flags(pair.slave, 0, ECHOCTL | ECHOPRT);
  all(pair);
  say("== no IEXTEN\n");
  local_flags(pair.slave, IEXTEN | ECHOPRT, 0);
  all(pair);
  say("== no ECHO\n");
  local_flags(pair.slave, ECHO, IEXTEN);
  all(pair);
  say("== ECHONL\n");
  local_flags(pair.slave, 0, ECHONL);
  edit(pair, "newline", "ab\n");
  return 0;
}
