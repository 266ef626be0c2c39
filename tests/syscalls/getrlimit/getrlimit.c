/* getrlimit, setrlimit, prlimit: values, raising and lowering, errors. */
#include "check.h"

int main(void) {
  struct rlimit limit, old;
  RESULT(getrlimit(RLIMIT_NOFILE, &limit));
  IS(limit.rlim_cur >= 256 && limit.rlim_max >= limit.rlim_cur);
  limit.rlim_cur = 300;
  limit.rlim_max = 400;
  RESULT(setrlimit(RLIMIT_NOFILE, &limit));
  RESULT(prlimit(0, RLIMIT_NOFILE, 0, &old));
  say("%ld %ld\n", (long)old.rlim_cur, (long)old.rlim_max);
  limit.rlim_cur = 500;
  RESULT(setrlimit(RLIMIT_NOFILE, &limit));
  RESULT(getrlimit(99, &limit));
  RESULT(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, bad_pointer(), 0));
  RESULT(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, bad_pointer()));
  RESULT(prlimit(1 << 29, RLIMIT_NOFILE, 0, &old));
  pid_t child = fork();
  if (child == 0) {
    NEED(setresuid(1000, 1000, 1000) == 0);
    limit.rlim_cur = limit.rlim_max = 401;
    RESULT(setrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max = 350;
    RESULT(setrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_max = 400;
    RESULT(setrlimit(RLIMIT_NOFILE, &limit));
    _exit(0);
  }
  reap("uid 1000", child);
  RESULT(getrlimit(RLIMIT_CORE, &limit));
  RESULT(getrlimit(RLIMIT_AS, &limit));
  return 0;
}
