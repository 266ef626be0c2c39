/* Ends the system as its argument says: the magic command of reboot(2), in hexadecimal. */
#include "../syscalls/check.h"
#include <linux/reboot.h>

int main(int count, char **arguments) {
  if (count < 2) return EINVAL;
  unsigned command = (unsigned)strtoul(arguments[1], 0, 16);
  if (fork() == 0)
    for (;;) pause();
  RESULT(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x11, 0));
  RESULT(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, 0));
  say("now\n");
  syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, 0);
  say("still there\n");
  return 0;
}
