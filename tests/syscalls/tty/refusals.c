/* Requests that are refused: bad pointers, descriptors that are no terminals, bad arguments.
 * qemu differs: it does not know some of the requests. */
#include "terminal.h"
#include <asm/ioctls.h>

static void each(const char *what, int fd, void *at) {
  say("-- %s\n", what);
  RESULT(ioctl(fd, TCGETS, at));
  RESULT(ioctl(fd, TCSETS, at));
  RESULT(ioctl(fd, TCSETSW, at));
  RESULT(ioctl(fd, TCSETSF, at));
  RESULT(ioctl(fd, 0x802c542a, at));
  RESULT(ioctl(fd, 0x402c542b, at));
  RESULT(ioctl(fd, 0x402c542c, at));
  RESULT(ioctl(fd, 0x402c542d, at));
  RESULT(ioctl(fd, TCGETA, at));
  RESULT(ioctl(fd, TCSETA, at));
  RESULT(ioctl(fd, TIOCGWINSZ, at));
  RESULT(ioctl(fd, TIOCSWINSZ, at));
  RESULT(ioctl(fd, TIOCGPGRP, at));
  RESULT(ioctl(fd, TIOCSPGRP, at));
  RESULT(ioctl(fd, TIOCGSID, at));
  RESULT(ioctl(fd, FIONREAD, at));
  RESULT(ioctl(fd, TIOCOUTQ, at));
  RESULT(ioctl(fd, TIOCGEXCL, at));
  RESULT(ioctl(fd, TIOCGETD, at));
  RESULT(ioctl(fd, TIOCSETD, at));
  RESULT(ioctl(fd, TIOCGDEV, at));
  RESULT(ioctl(fd, TIOCGPTN, at));
  RESULT(ioctl(fd, TIOCSPTLCK, at));
  RESULT(ioctl(fd, TIOCPKT, at));
}

int main(void) {
  Pair pair = open_pair();
  each("slave, bad pointer", pair.slave, bad_pointer());
  each("master, bad pointer", pair.master, bad_pointer());
  each("null, bad pointer", open("/dev/null", O_RDWR), bad_pointer());
  each("file, bad pointer", open("/tmp/file", O_RDWR | O_CREAT, 0600), bad_pointer());
  each("directory, bad pointer", open("/tmp", O_RDONLY), bad_pointer());
  each("no descriptor", -1, bad_pointer());
  each("path, bad pointer", open("/dev/pts/0", O_PATH), bad_pointer());
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(ioctl(ends[0], TCGETS, bad_pointer()));

  say("-- who has no controlling terminal\n");
  pid_t group = getpgrp();
  RESULT(ioctl(pair.slave, TIOCGPGRP, &group));
  RESULT(ioctl(pair.slave, TIOCSPGRP, &group));
  RESULT(ioctl(pair.slave, TIOCGSID, &group));
  RESULT(ioctl(pair.slave, TIOCNOTTY));
  RESULT(ioctl(pair.master, TIOCGPGRP, &group));
  say("group %d\n", (int)group);
  RESULT(ioctl(pair.master, TIOCGSID, &group));
  RESULT(ioctl(pair.master, TIOCNOTTY));
  RESULT(open("/dev/tty", O_RDWR));
  RESULT(ioctl(pair.slave, TIOCMGET, &group));
  RESULT(ioctl(pair.slave, 0x5499, &group));
  RESULT(ioctl(pair.slave, TIOCSIG, SIGINT));
  RESULT(ioctl(pair.master, TIOCSIG, SIGHUP));
  RESULT(ioctl(pair.master, TIOCSIG, SIGINT));

  say("-- read-only memory\n");
  struct winsize *window = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  RESULT(ioctl(pair.slave, TIOCSWINSZ, window));
  RESULT(ioctl(pair.slave, TIOCGWINSZ, window));
  RESULT(ioctl(pair.master, TIOCSPTLCK, window));
  return 0;
}
