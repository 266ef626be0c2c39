/* Keyboard signals go to the foreground group; NOFLSH, no ISIG, other characters.
 * qemu differs: it does not know TIOCSIG. */
#include "terminal.h"

static Pair pair;
static volatile sig_atomic_t seen;
static void on_signal(int number) { seen = number; }

static void await(const char *what) {
  for (int i = 0; i < 100 && !seen; i++) sleep_ms(2);
  say("%s: %s\n", what, seen ? signal_name(seen) : "no signal");
  seen = 0;
}

static int session(void) {
  NEED(setsid() > 0);
  NEED(ioctl(pair.slave, TIOCSCTTY, 0) == 0);
  for (int number = 1; number < 29; number++) {
    if (number == SIGINT || number == SIGQUIT || number == SIGTSTP || number == SIGWINCH) {
      handle(number, on_signal, SA_RESTART);
    }
  }
  handle(SIGWINCH, on_signal, SA_RESTART);
  type(pair, "lost\003");
  await("INTR");
  screen(pair, "screen");
  type(pair, "\n");
  read_slave(pair, "flushed");
  type(pair, "\034");
  await("QUIT");
  type(pair, "\032");
  await("SUSP");
  screen(pair, "screen");
  local_flags(pair.slave, 0, NOFLSH);
  type(pair, "kept\003");
  await("INTR with NOFLSH");
  type(pair, "\n");
  read_slave(pair, "not flushed");
  screen(pair, "screen");
  local_flags(pair.slave, ISIG, 0);
  type(pair, "\003\034\n");
  await("without ISIG");
  read_slave(pair, "input");
  local_flags(pair.slave, NOFLSH, ISIG);
  control_character(pair.slave, VINTR, 'q');
  type(pair, "q");
  await("another INTR");
  control_character(pair.slave, VINTR, _POSIX_VDISABLE);
  type(pair, "\003\n");
  await("INTR is off");
  read_slave(pair, "input");
  local_flags(pair.slave, ICANON, 0);
  type(pair, "ab\034");
  await("raw");
  read_slave(pair, "input");
  local_flags(pair.slave, 0, ICANON);
  struct winsize window = {3, 4, 0, 0};
  RESULT(ioctl(pair.slave, TIOCSWINSZ, &window));
  await("window");
  RESULT(ioctl(pair.master, TIOCSWINSZ, &window));
  await("the same window");
  window.ws_xpixel = 9;
  RESULT(ioctl(pair.master, TIOCSWINSZ, &window));
  await("other pixels");
  RESULT(ioctl(pair.master, TIOCSIG, SIGQUIT));
  await("TIOCSIG");
  Gate gate = new_gate();
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    open_gate(&gate);
    for (;;) pause();
    _exit(0);
  }
  pass_gate(&gate);
  signal(SIGTTOU, SIG_IGN);
  RESULT(tcsetpgrp(pair.slave, child));
  control_character(pair.slave, VINTR, 3);
  type(pair, "\003");
  reap("the foreground", child);
  await("the background");
  return 0;
}

int main(void) {
  pair = open_pair();
  reap("session", spawn(session));
  return 0;
}
