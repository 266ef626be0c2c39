/* Limits: who may raise, of whom, and what they do to fork and to descriptors; every refusal.
 * qemu differs: its own threads count for RLIMIT_NPROC. */
#include "check.h"

static int waits(void) {
  for (;;) pause();
}
static pid_t roots;
static struct rlimit limit;

static int user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(prlimit(roots, RLIMIT_NOFILE, 0, &limit));
  pid_t own = spawn(waits);
  struct rlimit less = {100, 200};
  RESULT(prlimit(own, RLIMIT_NOFILE, &less, 0));
  RESULT(prlimit(own, RLIMIT_NOFILE, 0, &limit));
  say("%ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
  kill(own, SIGKILL);
  reap("own", own);
  limit.rlim_cur = limit.rlim_max = 3;
  RESULT(setrlimit(RLIMIT_NPROC, &limit));
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    if (children[i] == 0) waits();
    say("child %d: %s\n", i, children[i] > 0 ? "ok" : error_name(errno));
  }
  for (int i = 0; i < 4; i++) {
    if (children[i] > 0) kill(children[i], SIGKILL), reap("child", children[i]);
  }
  return 0;
}

int main(void) {
  roots = spawn(waits);
  reap("user", spawn(user));
  RESULT(prlimit(roots, 16, 0, &limit));
  RESULT(prlimit(-1, RLIMIT_NOFILE, 0, &limit));
  RESULT(prlimit(1 << 29, RLIMIT_NOFILE, 0, &limit));
  limit = (struct rlimit){10, 9};
  RESULT(prlimit(roots, RLIMIT_NOFILE, &limit, 0));
  limit = (struct rlimit){10, 12};
  struct rlimit old;
  RESULT(prlimit(roots, RLIMIT_CPU, &limit, &old));
  IS(old.rlim_cur == RLIM_INFINITY && old.rlim_max == RLIM_INFINITY);
  RESULT(prlimit(roots, RLIMIT_CPU, 0, &limit));
  say("%ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
  kill(roots, SIGKILL);
  reap("root's", roots);
  limit = (struct rlimit){5, 5000};
  RESULT(setrlimit(RLIMIT_NOFILE, &limit));
  RESULT(dup2(1, 4) == 4);
  RESULT(dup2(1, 5));
  RESULT(fcntl(1, F_DUPFD, 5));
  RESULT(open("/dev/null", O_RDONLY) >= 0);
  RESULT(open("/dev/null", O_RDONLY));
  pid_t child = fork();
  if (child == 0) {
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    say("inherited %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
    _exit(0);
  }
  reap("child", child);
  RESULT(syscall(SYS_getrlimit, RLIMIT_NOFILE, bad_pointer()));
  RESULT(syscall(SYS_setrlimit, RLIMIT_NOFILE, bad_pointer()));
  RESULT(setrlimit(99, &limit));
  return 0;
}
