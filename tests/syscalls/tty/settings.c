/* The settings of a terminal in their layouts: defaults, what is set is got, speeds.
 * qemu differs: it does not know TCGETS2 and its kin. */
#include "terminal.h"
#include <asm/ioctls.h>

struct termios2 {
  tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
  cc_t c_line, c_cc[19];
  unsigned c_ispeed, c_ospeed;
};
static void show2(const char *what, int fd) {
  struct termios2 got;
  memset(&got, 0xee, sizeof got);
  NEED(ioctl(fd, 0x802c542a, &got) == 0);
  say("%s: %o %o %o %o line %d speed %u %u\n", what, got.c_iflag, got.c_oflag, got.c_cflag,
      got.c_lflag, got.c_line, got.c_ispeed, got.c_ospeed);
  for (int i = 0; i < 19; i++) say("%d ", got.c_cc[i]);
  say("\n");
}

int main(void) {
  Pair pair = open_pair();
  show2("slave", pair.slave);
  show2("master", pair.master);
  struct termios2 set;
  NEED(ioctl(pair.slave, 0x802c542a, &set) == 0);
  set.c_lflag = 0;
  set.c_cc[VMIN] = 9;
  RESULT(ioctl(pair.master, 0x402c542b, &set));
  show2("set through the master", pair.slave);
  set.c_cflag = B300 | CS7 | PARENB;
  RESULT(ioctl(pair.slave, 0x402c542b, &set));
  show2("B300, 7 bits, parity", pair.slave);
  set.c_cflag = B115200 | CS8 | CLOCAL | HUPCL;
  RESULT(ioctl(pair.slave, 0x402c542c, &set));
  show2("B115200", pair.slave);
  set.c_cflag = 0010000 | CS8;
  set.c_ospeed = 12345;
  set.c_ispeed = 54321;
  RESULT(ioctl(pair.slave, 0x402c542d, &set));
  show2("BOTHER", pair.slave);
  set.c_cflag = 0010000 | (0010000 << 16) | CS8;
  RESULT(ioctl(pair.slave, 0x402c542b, &set));
  show2("BOTHER both ways", pair.slave);
  set.c_cflag = B9600 | (B1200 << 16) | CS8;
  RESULT(ioctl(pair.slave, 0x402c542b, &set));
  show2("split", pair.slave);
  set.c_cflag = B0;
  RESULT(ioctl(pair.slave, 0x402c542b, &set));
  show2("B0", pair.slave);

  struct termio old;
  memset(&old, 0xee, sizeof old);
  RESULT(ioctl(pair.slave, TCGETA, &old));
  say("%o %o %o %o line %d:", old.c_iflag, old.c_oflag, old.c_cflag, old.c_lflag, old.c_line);
  for (int i = 0; i < 8; i++) say(" %d", old.c_cc[i]);
  say("\n");
  set.c_iflag = 0x50000 | IXON;
  NEED(ioctl(pair.slave, 0x402c542b, &set) == 0);
  old.c_iflag = ICRNL;
  old.c_cflag = B2400 | CS8;
  old.c_lflag = ECHO | ICANON;
  old.c_cc[VEOF] = 1;
  RESULT(ioctl(pair.slave, TCSETA, &old));
  show2("TCSETA", pair.slave);
  old.c_lflag = ECHO;
  RESULT(ioctl(pair.slave, TCSETAW, &old));
  old.c_lflag = ISIG;
  RESULT(ioctl(pair.slave, TCSETAF, &old));
  show2("TCSETAF", pair.slave);

  int discipline = 9;
  RESULT(ioctl(pair.slave, TIOCGETD, &discipline));
  say("line discipline %d\n", discipline);
  RESULT(ioctl(pair.slave, TIOCSETD, &discipline));

  struct winsize window = {1, 2, 3, 4};
  RESULT(ioctl(pair.slave, TIOCGWINSZ, &window));
  say("%d %d %d %d\n", window.ws_row, window.ws_col, window.ws_xpixel, window.ws_ypixel);
  window = (struct winsize){24, 80, 640, 480};
  RESULT(ioctl(pair.master, TIOCSWINSZ, &window));
  memset(&window, 0, sizeof window);
  RESULT(ioctl(pair.slave, TIOCGWINSZ, &window));
  say("%d %d %d %d\n", window.ws_row, window.ws_col, window.ws_xpixel, window.ws_ypixel);
  return 0;
}
