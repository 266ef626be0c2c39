/* Hang-up: the master closes, the leader ends, the leader gives the terminal up. */
#include "terminal.h"

static Pair pair;
static Gate started, done;

/* Later than what the leader's end makes others say. */
static void on_signal(int number) {
  sleep_ms(40);
  say("foreground: %s\n", signal_name(number));
}
static void on_leader(int number) { say("leader: %s\n", signal_name(number)); }

/* A job in the foreground that tells of its signals until told to end. */
static pid_t foreground(int ends_by_itself) {
  pid_t child = fork();
  if (child != 0) {
    setpgid(child, child);
    signal(SIGTTOU, SIG_IGN);
    NEED(tcsetpgrp(pair.slave, child) == 0);
    pass_gate(&started);
    return child;
  }
  setpgid(0, 0);
  handle(SIGHUP, on_signal, SA_RESTART);
  handle(SIGCONT, on_signal, SA_RESTART);
  close(pair.master);
  open_gate(&started);
  sleep_ms(150);
  if (ends_by_itself) _exit(0);
  int fd = open("/dev/tty", O_RDWR);
  say("/dev/tty %s\n", fd < 0 ? error_name(errno) : "opens");
  char byte;
  struct pollfd ask = {.fd = pair.slave, .events = POLLIN | POLLOUT};
  int count = poll(&ask, 1, 0);
  say("poll %d: %x\n", count, ask.revents);
  RESULT(write(pair.slave, "still here", 10));
  open_gate(&done);
  _exit(0);
}

static void lead(void) {
  NEED(setsid() > 0);
  NEED(ioctl(pair.slave, TIOCSCTTY, 0) == 0);
}

static int leader_ends(void) {
  lead();
  close(pair.master);
  foreground(0);
  return 0;
}
static int leader_gives_up(void) {
  lead();
  handle(SIGHUP, on_leader, SA_RESTART);
  handle(SIGCONT, on_leader, SA_RESTART);
  foreground(0);
  RESULT(ioctl(pair.slave, TIOCNOTTY));
  pass_gate(&done);
  return 0;
}
static int master_closes(void) {
  lead();
  handle(SIGHUP, on_leader, SA_RESTART);
  handle(SIGCONT, on_leader, SA_RESTART);
  foreground(0);
  RESULT(close(pair.master));
  sleep_ms(50);
  RESULT(open("/dev/tty", O_RDWR));
  pass_gate(&done);
  return 0;
}
static int master_closes_leader_dies(void) {
  lead();
  foreground(1);
  close(pair.master);
  pause();
  return 0;
}

static void run(const char *what, int (*function)(void)) {
  say("-- %s\n", what);
  pair = open_pair();
  pid_t child = spawn(function);
  if (function != leader_ends) close(pair.master);
  reap("leader", child);
  if (function == leader_ends) {
    pass_gate(&done);
    screen(pair, "screen");
    close(pair.master);
  } else sleep_ms(250);
  close(pair.slave);
}

int main(void) {
  started = new_gate();
  done = new_gate();
  run("the leader ends", leader_ends);
  run("the leader gives it up", leader_gives_up);
  run("the master closes", master_closes);
  run("the master closes, the leader dies of it", master_closes_leader_dies);
  return 0;
}
