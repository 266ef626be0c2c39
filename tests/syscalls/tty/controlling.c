/* Controlling terminals: who gets one by open and TIOCSCTTY, /dev/tty, sessions and groups.
 * qemu differs: it stores no session. */
#include "terminal.h"

static Pair pair;

static void show(const char *what) {
  pid_t group = -5, session = -5;
  int fd = open("/dev/tty", O_RDWR);
  say("%s: /dev/tty %s\n", what, fd < 0 ? error_name(errno) : "opens");
  if (fd >= 0) {
    RESULT(ioctl(fd, TIOCGPGRP, &group));
    say("foreground is own group: %d\n", group == getpgrp());
    RESULT(ioctl(fd, TIOCGSID, &session));
    say("session is own: %d\n", session == getsid(0));
    close(fd);
  }
}

static int by_open(void) {
  NEED(setsid() > 0);
  show("new session");
  int fd = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  show("O_NOCTTY");
  close(fd);
  fd = open("/dev/pts/0", O_WRONLY);
  show("O_WRONLY");
  close(fd);
  fd = open("/dev/ptmx", O_RDWR);
  show("a master");
  close(fd);
  fd = open("/dev/pts/0", O_RDONLY);
  show("O_RDONLY");
  RESULT(ioctl(fd, TIOCSCTTY, 0));
  pid_t value = 0;
  RESULT(ioctl(pair.master, TIOCGPGRP, &value));
  IS(value == getpid());
  RESULT(ioctl(pair.master, TIOCGSID, &value));
  IS(value == getpid());
  Pair other = open_pair();
  RESULT(ioctl(other.slave, TIOCSCTTY, 0));
  RESULT(ioctl(other.slave, TIOCNOTTY));
  RESULT(ioctl(other.slave, TIOCGPGRP, &value));
  RESULT(ioctl(other.slave, TIOCSPGRP, &value));

  say("-- foreground\n");
  value = -1;
  RESULT(ioctl(fd, TIOCSPGRP, &value));
  value = 999999;
  RESULT(ioctl(fd, TIOCSPGRP, &value));
  value = getppid();
  RESULT(ioctl(fd, TIOCSPGRP, &value));
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  value = child;
  RESULT(ioctl(fd, TIOCSPGRP, &value));
  IS(tcgetpgrp(fd) == child);
  NEED(kill(child, SIGKILL) == 0 && waitpid(child, 0, 0) == child);
  signal(SIGTTOU, SIG_IGN);
  RESULT(tcsetpgrp(fd, getpid()));

  say("-- a child without it\n");
  child = fork();
  if (child == 0) {
    show("child");
    RESULT(ioctl(fd, TIOCNOTTY));
    show("after TIOCNOTTY");
    RESULT(ioctl(fd, TIOCNOTTY));
    RESULT(ioctl(fd, TIOCSCTTY, 0));
    _exit(0);
  }
  reap("child", child);
  show("parent");
  child = fork();
  if (child == 0) {
    NEED(setsid() > 0);
    show("child in its own session");
    RESULT(ioctl(fd, TIOCSCTTY, 0));
    pid_t group = getpgrp();
    RESULT(ioctl(fd, TIOCSPGRP, &group));
    RESULT(open("/dev/pts/0", O_RDWR) >= 0);
    show("opened, but it is taken");
    _exit(0);
  }
  reap("child", child);

  handle(SIGHUP, SIG_IGN, 0);
  handle(SIGCONT, SIG_IGN, 0);
  RESULT(ioctl(fd, TIOCNOTTY));
  show("the leader gave it up");
  RESULT(ioctl(pair.master, TIOCGSID, &value));
  RESULT(ioctl(fd, TIOCSCTTY, 0));
  show("again");
  return 0;
}

int main(void) {
  pair = open_pair();
  reap("session", spawn(by_open));
  return 0;
}
