/* A pseudo-terminal: numbers, names, lock, peer, node.
 * qemu differs: it does not know TIOCGPTLCK and TIOCGDEV. */
#include "terminal.h"
#include <sys/sysmacros.h>
#include <sys/vfs.h>

int main(void) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  NEED(master >= 0);
  unsigned number = 99;
  int value = 7;
  RESULT(ioctl(master, TIOCGPTN, &number));
  say("number %u\n", number);
  RESULT(ioctl(master, TIOCGPTLCK, &value));
  say("locked %d\n", value);
  RESULT(open("/dev/pts/0", O_RDWR | O_NOCTTY));
  RESULT(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  RESULT(grantpt(master));
  RESULT(unlockpt(master));
  say("name %s\n", ptsname(master));
  RESULT(ioctl(master, TIOCGPTLCK, &value));
  say("locked %d\n", value);

  struct stat status;
  RESULT(stat("/dev/pts/0", &status));
  say("mode %o, owner %d, group %d, links %d, device %d:%d\n", status.st_mode, (int)status.st_uid,
      (int)status.st_gid, (int)status.st_nlink, major(status.st_rdev), minor(status.st_rdev));
  RESULT(stat("/dev/ptmx", &status));
  say("device %d:%d\n", major(status.st_rdev), minor(status.st_rdev));
  struct statfs system;
  RESULT(statfs("/dev/pts", &system));
  say("type %lx\n", (long)system.f_type);

  int slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  IS(slave >= 0);
  RESULT(fstat(slave, &status));
  say("device %d:%d\n", major(status.st_rdev), minor(status.st_rdev));
  say("tty %d %d %s\n", isatty(master), isatty(slave), ttyname(slave));
  RESULT(ioctl(slave, TIOCGPTN, &number));
  RESULT(ioctl(slave, TIOCSPTLCK, &value));
  RESULT(ioctl(slave, TIOCGPTPEER, O_RDWR));
  RESULT(ioctl(slave, TIOCPKT, &value));
  unsigned device = 0;
  RESULT(ioctl(slave, TIOCGDEV, &device));
  say("device %x\n", device);
  RESULT(ioctl(master, TIOCGDEV, &device));
  say("device %x\n", device);
  RESULT(fchmod(slave, 0600));
  RESULT(fchown(slave, 1000, 1000));
  RESULT(stat("/dev/pts/0", &status));
  say("mode %o, owner %d, group %d\n", status.st_mode, (int)status.st_uid, (int)status.st_gid);

  int second = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  RESULT(ioctl(second, TIOCGPTN, &number));
  say("number %u\n", number);
  RESULT(access("/dev/pts/1", F_OK));
  RESULT(close(second));
  RESULT(access("/dev/pts/1", F_OK));
  second = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  RESULT(ioctl(second, TIOCGPTN, &number));
  say("number %u\n", number);

  RESULT(mkdir("/dev/pts/x", 0700));
  RESULT(unlink("/dev/pts/0"));
  RESULT(rename("/dev/pts/0", "/dev/pts/9"));
  RESULT(lseek(slave, 0, SEEK_SET));
  RESULT(lseek(master, 0, SEEK_SET));
  RESULT(pwrite(slave, "x", 1, 0));
  char byte;
  RESULT(pread(master, &byte, 1, 0));
  return 0;
}
