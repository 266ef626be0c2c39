/* clone's own flags: the tid words in parent and child, the cleared word and its futex wake-up,
 * refusals, plain clone with SIGCHLD and with no signal. */
#include "check.h"
#include <linux/futex.h>

static volatile int child_tid = -1, parent_tid;
static volatile int shared, ready;
static char stack[65536] __attribute__((aligned(16)));

static int thread_main(void *argument) {
  shared = *(int *)argument;
  while (!ready) sched_yield();
  syscall(SYS_exit, 0);
  return 0;
}

static int child_main(void *argument) {
  shared = 99;
  return *(int *)argument;
}

int main(void) {
  int value = 31, status;
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
              CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  child_tid = 1;
  int tid = clone(thread_main, stack + sizeof stack, flags, &value, &parent_tid, 0, &child_tid);
  IS(tid > 0 && tid != getpid());
  IS(parent_tid == tid);
  RESULT(waitpid(tid, &status, __WCLONE | WNOHANG));
  ready = 1;
  while (child_tid) syscall(SYS_futex, &child_tid, FUTEX_WAIT, 1, 0, 0, 0);
  say("shared %d, cleared %d\n", shared, child_tid);
  /* Its entry may outlast the wake-up by a moment. */
  while (syscall(SYS_tgkill, getpid(), tid, 0) == 0) sched_yield();
  say("gone: %s\n", error_name(errno));

  RESULT(clone(child_main, stack + sizeof stack, CLONE_THREAD, &value));
  RESULT(clone(child_main, stack + sizeof stack, CLONE_SIGHAND, &value));
  RESULT(clone(child_main, stack + sizeof stack, CLONE_THREAD | CLONE_SIGHAND, &value));
  shared = 1;
  pid_t child = clone(child_main, stack + sizeof stack, SIGCHLD, &value);
  reap("copy", child);
  say("shared %d\n", shared);
  return 0;
}
