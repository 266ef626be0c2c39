/* sched_setscheduler and its kin: classes that anyone may have, and every refusal. */
#include "check.h"
#include <sched.h>

struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
  uint32_t least, most;
};

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

static pid_t other;
static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(set_scheduler(0, SCHED_FIFO, 1));
  RESULT(set_scheduler(0, SCHED_BATCH, 0));
  RESULT(set_scheduler(0, SCHED_OTHER, 0));
  RESULT(set_scheduler(other, SCHED_OTHER, 0));
  RESULT(set_scheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0));
  RESULT(set_scheduler(0, SCHED_OTHER, 0));
  RESULT(set_scheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, 0));
  show("user", 0);
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(0, &mask);
  RESULT(sched_setaffinity(other, sizeof mask, &mask));
  RESULT(sched_setaffinity(0, sizeof mask, &mask));
  return 0;
}

static void attributes(void) {
  struct attributes a, b;
  memset(&a, 0, sizeof a);
  a.size = 48;
  a.policy = SCHED_BATCH;
  a.nice = 7;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  memset(&b, 9, sizeof b);
  RESULT(syscall(SYS_sched_getattr, 0, &b, 48, 0));
  say("size %u policy %u flags %lu nice %d priority %u\n", b.size, b.policy,
      (unsigned long)b.flags, b.nice, b.priority);
  RESULT(getpriority(PRIO_PROCESS, 0));
  a.policy = SCHED_FIFO;
  a.priority = 100;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  a.policy = SCHED_BATCH;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  a.priority = 0;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 1));
  RESULT(syscall(SYS_sched_setattr, 0, 0, 0));
  RESULT(syscall(SYS_sched_setattr, -1, &a, 0));
  RESULT(syscall(SYS_sched_setattr, 1 << 29, &a, 0));
  RESULT(syscall(SYS_sched_setattr, 0, bad_pointer(), 0));
  a.size = 20;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  a.size = 48;
  a.flags = 1ULL << 40;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  RESULT(syscall(SYS_sched_getattr, 0, &b, 40, 0));
  RESULT(syscall(SYS_sched_getattr, 0, &b, 48, 1));
  RESULT(syscall(SYS_sched_getattr, -1, &b, 48, 0));
  RESULT(syscall(SYS_sched_getattr, 1 << 29, &b, 48, 0));
  RESULT(syscall(SYS_sched_getattr, 0, 0, 48, 0));
  RESULT(syscall(SYS_sched_getattr, 0, bad_pointer(), 48, 0));
  a.flags = 1;
  a.nice = 12;
  RESULT(syscall(SYS_sched_setattr, 0, &a, 0));
  memset(&b, 9, sizeof b);
  RESULT(syscall(SYS_sched_getattr, 0, &b, 48, 0));
  say("size %u policy %u flags %lu nice %d\n", b.size, b.policy, (unsigned long)b.flags, b.nice);
  show("reset on fork", 0);
  pid_t child = fork();
  if (child == 0) {
    show("child", 0);
    _exit(0);
  }
  reap("child", child);
}

int main(void) {
  show("first", 0);
  int policies[] = {SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE};
  for (int i = 0; i < 5; i++) {
    RESULT(sched_get_priority_max(policies[i]));
    RESULT(sched_get_priority_min(policies[i]));
  }
  RESULT(sched_get_priority_max(17));
  RESULT(sched_get_priority_min(-1));
  other = spawn(waits);
  RESULT(set_scheduler(other, SCHED_BATCH, 0));
  show("child", other);
  struct timespec turn;
  RESULT(sched_rr_get_interval(other, &turn));
  RESULT(sched_rr_get_interval(-1, &turn));
  RESULT(sched_rr_get_interval(1 << 29, &turn));
  RESULT(syscall(SYS_sched_rr_get_interval, 0, bad_pointer()));
  struct sched_param param = {0};
  RESULT(syscall(SYS_sched_setparam, other, &param));
  param.sched_priority = 50;
  RESULT(syscall(SYS_sched_setparam, other, &param));
  show("child", other);
  RESULT(syscall(SYS_sched_setparam, 0, &param));
  RESULT(syscall(SYS_sched_setparam, 0, 0));
  RESULT(syscall(SYS_sched_setparam, -1, &param));
  RESULT(syscall(SYS_sched_setparam, 0, bad_pointer()));
  RESULT(set_scheduler(other, SCHED_FIFO, 100));
  RESULT(set_scheduler(other, SCHED_FIFO, 0));
  RESULT(set_scheduler(other, SCHED_OTHER, 1));
  RESULT(set_scheduler(other, 17, 0));
  RESULT(set_scheduler(other, -1, 0));
  RESULT(set_scheduler(-1, SCHED_OTHER, 0));
  RESULT(set_scheduler(1 << 29, SCHED_OTHER, 0));
  RESULT(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 0));
  RESULT(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, bad_pointer()));
  RESULT(syscall(SYS_sched_getscheduler, -1));
  RESULT(syscall(SYS_sched_getscheduler, 1 << 29));
  RESULT(syscall(SYS_sched_getparam, -1, &param));
  RESULT(syscall(SYS_sched_getparam, 1 << 29, &param));
  RESULT(syscall(SYS_sched_getparam, 0, 0));
  RESULT(syscall(SYS_sched_getparam, 0, bad_pointer()));
  attributes();
  reap("user", spawn(user));
  kill(other, SIGKILL);
  reap("other", other);
  RESULT(sched_yield());
  return 0;
}
