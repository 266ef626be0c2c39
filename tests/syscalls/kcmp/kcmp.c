/* kcmp: what two processes share; descriptors of the same open file.
 * qemu differs: version 7.2 makes no process that shares the directory. */
#include "check.h"
#include <linux/kcmp.h>

static char stack[65536] __attribute__((aligned(16)));
static int waits(void *unused) {
  for (;;) pause();
}
#define SAME(...) say(#__VA_ARGS__ ": %s\n", same(__VA_ARGS__))
static const char *same(pid_t a, pid_t b, int type, long i, long j) {
  long result = syscall(SYS_kcmp, a, b, type, i, j);
  return result < 0 ? error_name(errno) : result == 0 ? "same" : "other";
}

int main(void) {
  pid_t me = getpid();
  int copy = dup(1), other = open("/dev/null", O_RDONLY);
  pid_t child = clone(waits, stack + sizeof stack, SIGCHLD | CLONE_FS, 0);
  NEED(child > 0);
  SAME(me, me, KCMP_FILE, 1, copy);
  SAME(me, me, KCMP_FILE, 1, other);
  SAME(me, child, KCMP_FILE, other, other);
  SAME(me, child, KCMP_FILE, 1, 200);
  SAME(me, child, KCMP_FS, 0, 0);
  SAME(me, child, KCMP_FILES, 0, 0);
  SAME(me, child, KCMP_VM, 0, 0);
  SAME(me, me, KCMP_VM, 0, 0);
  SAME(me, child, KCMP_SIGHAND, 0, 0);
  SAME(me, 1 << 29, KCMP_VM, 0, 0);
  SAME(me, child, 99, 0, 0);
  kill(child, SIGKILL);
  reap("child", child);
  return 0;
}
