/* ptrace, acct, seccomp, reboot: what is refused wherever one asks. Nothing here may succeed: on
 * the host it would. needs a pid namespace: reboot is asked with a wrong number.
 * qemu differs: version 7.2 has neither ptrace nor seccomp. */
#include "check.h"
#include <linux/reboot.h>
#include <sys/ptrace.h>

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(ptrace(PTRACE_ATTACH, 1, 0, 0));
  RESULT(ptrace(PTRACE_ATTACH, getppid(), 0, 0));
  RESULT(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x4321fedc, 0));
  RESULT(syscall(SYS_reboot, 1, 2, 3, 0));
  return 0;
}

int main(void) {
  RESULT(ptrace(PTRACE_ATTACH, 1 << 29, 0, 0));
  RESULT(ptrace(PTRACE_ATTACH, getpid(), 0, 0));
  RESULT(ptrace(PTRACE_PEEKDATA, 1 << 29, 0, 0));
  RESULT(ptrace(PTRACE_CONT, 1 << 29, 0, 0));
  reap("user", spawn(user));
  RESULT(syscall(SYS_reboot, 1, LINUX_REBOOT_MAGIC2, 0, 0));
  RESULT(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, 2, 0, 0));
  RESULT(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 77, 0));
  RESULT(syscall(SYS_seccomp, 77, 0, 0));
  RESULT(syscall(SYS_seccomp, 0, 1, 0));
  return 0;
}
