/* clone: exit signals, siblings with CLONE_PARENT, the word that is cleared; every refusal.
 * qemu differs: version 7.2 refuses clone without SIGCHLD. */
#include "check.h"
#include <linux/futex.h>

static char stack[65536] __attribute__((aligned(16)));
static int seven(void *unused) { return 7; }
static int parent_of_sibling(void *unused) { return getppid(); }
static volatile int signals[65];
static void counts(int number) { signals[number]++; }

static long raw(unsigned long flags) {
  return syscall(SYS_clone, flags, 0, 0, 0, 0);
}
#define REFUSED(flags)                                                      \
  do {                                                                      \
    long result = raw(flags);                                               \
    if (result == 0) _exit(0);                                              \
    if (result > 0) waitpid(result, 0, __WALL);                             \
    say(#flags ": %s\n", result < 0 ? error_name(errno) : "ok");            \
  } while (0)

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  REFUSED(CLONE_NEWNS | SIGCHLD);
  REFUSED(CLONE_NEWUTS | SIGCHLD);
  return 0;
}

static int sibling(void) {
  long child = raw(CLONE_PARENT | SIGUSR2);
  if (child == 0) _exit(9);
  RESULT(waitpid(child, 0, __WALL));
  return child > 0 ? 0 : 1;
}

int main(void) {
  int status;
  handle(SIGUSR1, counts, SA_RESTART);
  handle(SIGUSR2, counts, SA_RESTART);
  handle(SIGCHLD, counts, SA_RESTART);
  pid_t child = clone(seven, stack + sizeof stack, SIGUSR1, 0);
  RESULT(waitpid(child, &status, 0));
  IS(waitpid(child, &status, __WCLONE) == child);
  show_status("with SIGUSR1", status);
  child = clone(seven, stack + sizeof stack, 0, 0);
  IS(waitpid(-1, &status, __WALL) == child);
  show_status("without a signal", status);
  child = spawn((int (*)(void))getpagesize);
  RESULT(waitpid(child, &status, __WCLONE));
  IS(waitpid(child, &status, __WALL) == child);
  say("SIGUSR1 %d SIGUSR2 %d SIGCHLD %d\n", signals[SIGUSR1], signals[SIGUSR2], signals[SIGCHLD]);

  child = spawn(sibling);
  int codes = 0;
  for (int i = 0; i < 2; i++) {
    NEED(waitpid(-1, &status, __WALL) > 0);
    codes += WEXITSTATUS(status);
  }
  say("sibling and its maker: %d\n", codes);

  static volatile int word = 77;
  int flags = CLONE_VM | CLONE_VFORK | CLONE_CHILD_CLEARTID | SIGCHLD;
  child = clone(seven, stack + sizeof stack, flags, 0, 0, 0, &word);
  reap("CLONE_CHILD_CLEARTID", child);
  say("the word is %d\n", word);

  REFUSED(CLONE_SIGHAND | SIGCHLD);
  REFUSED(CLONE_THREAD | SIGCHLD);
  REFUSED(CLONE_THREAD | CLONE_VM | SIGCHLD);
  REFUSED(CLONE_FS | CLONE_NEWNS | SIGCHLD);
  REFUSED(CLONE_FS | CLONE_NEWUSER | SIGCHLD);
  reap("user", spawn(user));
  return 0;
}
