/* Job control: who is in the background may not read, change, and with TOSTOP not write. */
#include "terminal.h"

static Pair pair;

/* A job in the background of the caller's terminal: how it stops, or ends. */
static void job(const char *what, int (*function)(void)) {
  pid_t child = fork();
  NEED(child >= 0);
  if (child == 0) {
    setpgid(0, 0);
    _exit(function());
  }
  setpgid(child, child);
  int status;
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status(what, status);
  if (!WIFSTOPPED(status)) return;
  kill(child, SIGKILL);
  kill(child, SIGCONT);
  waitpid(child, 0, 0);
}

static int do_read(void) {
  char byte;
  RESULT(read(pair.slave, &byte, 1));
  return 0;
}
static int do_read_nothing(void) {
  char byte;
  RESULT(read(pair.slave, &byte, 0));
  return 0;
}
static int do_write(void) {
  RESULT(write(pair.slave, "x", 1));
  return 0;
}
static int do_set(void) {
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  RESULT(tcsetattr(pair.slave, TCSANOW, &settings));
  return 0;
}
static int do_foreground(void) {
  RESULT(tcsetpgrp(pair.slave, getpgrp()));
  return 0;
}
static int do_flush(void) {
  RESULT(tcflush(pair.slave, TCIFLUSH));
  return 0;
}
static int do_flow(void) {
  RESULT(tcflow(pair.slave, TCOON));
  return 0;
}
static int do_drain(void) {
  RESULT(tcdrain(pair.slave));
  return 0;
}
static int do_window(void) {
  struct winsize window = {1, 1, 1, 1};
  RESULT(ioctl(pair.slave, TIOCSWINSZ, &window));
  RESULT(ioctl(pair.slave, TIOCGWINSZ, &window));
  return 0;
}
static int do_tty(void) {
  int fd = open("/dev/tty", O_RDWR);
  char byte;
  RESULT(read(fd, &byte, 1));
  return 0;
}
static int ignore_read(void) {
  signal(SIGTTIN, SIG_IGN);
  return do_read();
}
static int ignore_set(void) {
  signal(SIGTTOU, SIG_IGN);
  do_set();
  do_write();
  return do_foreground();
}
static void on_signal(int number) { say("handler of %s\n", signal_name(number)); }
static int handled_read(void) {
  handle(SIGTTIN, on_signal, SA_RESETHAND);
  return do_read();
}
static int blocked_read(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTTIN);
  sigaddset(&set, SIGTTOU);
  NEED(sigprocmask(SIG_BLOCK, &set, 0) == 0);
  do_read();
  return do_set();
}
/* The parent ends at once: the group has nobody in the session who could continue it. */
static int orphan(void) {
  Gate gate = new_gate();
  Gate done = new_gate();
  pid_t child = fork();
  if (child == 0) {
    pass_gate(&gate);
    sleep_ms(30);
    do_read();
    do_set();
    do_foreground();
    do_write();
    open_gate(&done);
    _exit(0);
  }
  pid_t watcher = fork();
  if (watcher == 0) {
    setpgid(0, 0);
    sleep_ms(1);
    _exit(0);
  }
  open_gate(&gate);
  return 0;
}

static int session(void) {
  NEED(setsid() > 0);
  NEED(ioctl(pair.slave, TIOCSCTTY, 0) == 0);
  job("read", do_read);
  job("read nothing", do_read_nothing);
  job("read /dev/tty", do_tty);
  job("write", do_write);
  job("set", do_set);
  job("foreground", do_foreground);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(pair.slave, getpgrp());
  signal(SIGTTOU, SIG_DFL);
  job("flush", do_flush);
  job("flow", do_flow);
  job("drain", do_drain);
  job("window", do_window);
  local_flags(pair.slave, 0, TOSTOP);
  job("write with TOSTOP", do_write);
  job("read, ignored", ignore_read);
  signal(SIGTTOU, SIG_DFL);
  job("set and write, ignored", ignore_set);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(pair.slave, getpgrp());
  signal(SIGTTOU, SIG_DFL);
  job("read, handled", handled_read);
  job("read and set, blocked", blocked_read);
  job("orphaned", orphan);
  sleep_ms(200);
  return 0;
}

int main(void) {
  pair = open_pair();
  signal(SIGALRM, SIG_DFL);
  reap("session", spawn(session));
  screen(pair, "screen");
  return 0;
}
