/* sched_setscheduler as root: the real-time classes, RLIMIT_RTPRIO, SCHED_RESET_ON_FORK.
 * no oracle: root of a user namespace may not have them on the host. */
#include "check.h"
#include <sched.h>

static long set_scheduler(pid_t pid, int policy, int priority) {
  struct sched_param param = {priority};
  return syscall(SYS_sched_setscheduler, pid, policy, &param);
}
static void show(const char *what, pid_t pid) {
  struct sched_param param = {-1};
  long policy = syscall(SYS_sched_getscheduler, pid);
  syscall(SYS_sched_getparam, pid, &param);
  say("%s: policy %lx priority %d\n", what, policy, param.sched_priority);
}

static int waits(void) {
  for (;;) pause();
}

static int limited(void) {
  struct rlimit limit = {10, 10};
  NEED(setrlimit(RLIMIT_RTPRIO, &limit) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(set_scheduler(0, SCHED_RR, 11));
  RESULT(set_scheduler(0, SCHED_RR, 10));
  struct sched_param param = {5};
  RESULT(syscall(SYS_sched_setparam, 0, &param));
  param.sched_priority = 20;
  RESULT(syscall(SYS_sched_setparam, 0, &param));
  show("within RLIMIT_RTPRIO", 0);
  return 0;
}

static int resets(void) {
  RESULT(set_scheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, 3));
  NEED(setpriority(PRIO_PROCESS, 0, -5) == 0);
  show("parent", 0);
  pid_t child = fork();
  if (child == 0) {
    show("child", 0);
    RESULT(getpriority(PRIO_PROCESS, 0));
    _exit(0);
  }
  reap("child", child);
  return 0;
}

/* What computes for ever in the default class does not keep a real-time process waiting, and a
 * real-time process that computes keeps all others waiting. */
static volatile unsigned long *count;
static int counts(void) {
  for (;;) (*count)++;
}
static void urgency(void) {
  count = shared_page();
  pid_t child = spawn(counts);
  sleep_ms(20);
  IS(*count > 0);
  RESULT(set_scheduler(0, SCHED_FIFO, 50));
  unsigned long before = *count;
  for (volatile int i = 0; i < 3000000; i++) continue;
  IS(*count == before);
  sleep_ms(20);
  IS(*count > before);
  RESULT(set_scheduler(child, SCHED_IDLE, 0));
  RESULT(set_scheduler(0, SCHED_OTHER, 0));
  before = *count;
  for (volatile int i = 0; i < 3000000; i++) continue;
  IS(*count == before);
  kill(child, SIGKILL);
  reap("the one that counts", child);
}

int main(void) {
  pid_t other = spawn(waits);
  RESULT(set_scheduler(other, SCHED_RR, 5));
  show("child", other);
  struct timespec turn;
  RESULT(sched_rr_get_interval(other, &turn));
  say("a turn of SCHED_RR: %ld s %ld ms\n", (long)turn.tv_sec, turn.tv_nsec / 1000000);
  RESULT(set_scheduler(other, SCHED_FIFO, 99));
  RESULT(sched_rr_get_interval(other, &turn));
  say("a turn of SCHED_FIFO: %ld s %ld ns\n", (long)turn.tv_sec, turn.tv_nsec);
  kill(other, SIGKILL);
  reap("other", other);
  reap("resets on fork", spawn(resets));
  reap("limited", spawn(limited));
  urgency();
  return 0;
}
