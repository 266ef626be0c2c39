/* getrusage and times: of the process, a thread, children waited for; bad pointers. */
#include "check.h"
#include <pthread.h>
#include <sys/times.h>

static long micros(int who) {
  struct rusage usage;
  NEED(getrusage(who, &usage) == 0);
  return usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
}
static void burn(long least) {
  for (long start = micros(RUSAGE_THREAD); micros(RUSAGE_THREAD) - start < least;) continue;
}
static int burns(void) {
  burn(30000);
  return 0;
}
static void *thread(void *unused) {
  burn(20000);
  IS(micros(RUSAGE_THREAD) >= 20000);
  return 0;
}

int main(void) {
  IS(micros(RUSAGE_CHILDREN) == 0);
  burn(10000);
  IS(micros(RUSAGE_SELF) >= 10000);
  pthread_t id;
  NEED(pthread_create(&id, 0, thread, 0) == 0 && pthread_join(id, 0) == 0);
  IS(micros(RUSAGE_SELF) >= 30000);
  IS(micros(RUSAGE_THREAD) < micros(RUSAGE_SELF));
  pid_t child = spawn(burns);
  siginfo_t info;
  NEED(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
  IS(micros(RUSAGE_CHILDREN) == 0);
  reap("child", child);
  IS(micros(RUSAGE_CHILDREN) >= 30000);
  struct tms tms;
  IS(times(&tms) > 0);
  IS(tms.tms_utime + tms.tms_stime >= 2);
  IS(tms.tms_cutime + tms.tms_cstime >= 2);
  IS(times(0) > 0);
  struct rusage usage;
  RESULT(getrusage(9, &usage));
  RESULT(getrusage(-3, &usage));
  RESULT(syscall(SYS_getrusage, RUSAGE_SELF, bad_pointer()));
  RESULT(syscall(SYS_times, bad_pointer()));
  child = fork();
  if (child == 0) {
    IS(micros(RUSAGE_CHILDREN) == 0 && micros(RUSAGE_SELF) < 20000);
    _exit(0);
  }
  reap("begins anew", child);
  return 0;
}
