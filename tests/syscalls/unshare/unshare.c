/* unshare and setns: files and directory of one's own again; what a thread may not; refusals.
 * qemu differs: version 7.2 makes no process that shares files or directory. */
#include "check.h"
#include <pthread.h>

static char stack[65536] __attribute__((aligned(16)));
static int both(void *flags) {
  if (flags) RESULT(unshare((int)(long)flags));
  close(9);
  umask(077);
  return chdir("/") != 0;
}

static void shared(const char *what, long flags) {
  NEED(dup2(1, 9) == 9);
  umask(022);
  NEED(chdir("/tmp") == 0);
  pid_t child = clone(both, stack + sizeof stack, CLONE_FILES | CLONE_FS | SIGCHLD, (void *)flags);
  reap("child", child);
  char here[64];
  NEED(getcwd(here, sizeof here));
  mode_t mask = umask(022);
  say("%s: descriptor %s, umask %03o, in %s\n", what, fcntl(9, F_GETFD) < 0 ? "closed" : "open",
      mask, here);
}

static void *in_thread(void *unused) {
  (void)unused;
  RESULT(unshare(CLONE_VM));
  RESULT(unshare(CLONE_SIGHAND));
  RESULT(unshare(CLONE_THREAD));
  RESULT(unshare(CLONE_FILES));
  return 0;
}

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(unshare(CLONE_NEWNS));
  RESULT(unshare(CLONE_NEWUTS));
  RESULT(unshare(CLONE_FILES));
  return 0;
}

int main(void) {
  shared("shared", 0);
  shared("CLONE_FILES", CLONE_FILES);
  shared("CLONE_FS", CLONE_FS);
  shared("both", CLONE_FILES | CLONE_FS);
  RESULT(unshare(0));
  RESULT(unshare(CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_SYSVSEM));
  RESULT(unshare(CLONE_PARENT));
  RESULT(unshare(1));
  pthread_t thread;
  NEED(pthread_create(&thread, 0, in_thread, 0) == 0 && pthread_join(thread, 0) == 0);
  reap("user", spawn(user));
  RESULT(setns(-1, 0));
  RESULT(setns(1, 0));
  RESULT(setns(1, CLONE_NEWNS));
  return 0;
}
