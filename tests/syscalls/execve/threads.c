/* execve from a thread that is not the first: the others die, the pid stays, joins never return. */
#include "check.h"
#include <pthread.h>

static char *self;
static volatile int others;

static void *blocked(void *unused) {
  int ends[2];
  char byte;
  NEED(pipe(ends) == 0);
  others++;
  read(ends[0], &byte, 1);
  say("not reached\n");
  return unused;
}

static void *spinning(void *unused) {
  __atomic_add_fetch(&others, 1, __ATOMIC_SEQ_CST);
  for (;;) sched_yield();
  return unused;
}

static void *execs(void *unused) {
  char pid[20], *list[] = {self, pid, 0};
  while (__atomic_load_n(&others, __ATOMIC_SEQ_CST) < 2) sched_yield();
  snprintf(pid, sizeof pid, "%d", getpid());
  execv(self, list);
  say("exec failed: %s\n", error_name(errno));
  return unused;
}

int main(int count, char **arguments) {
  if (count > 1) {
    IS(getpid() == atoi(arguments[1]));
    IS(syscall(SYS_gettid) == getpid());
    pthread_t thread;
    others = 2;
    self = "/absent";
    NEED(pthread_create(&thread, 0, execs, 0) == 0 && pthread_join(thread, 0) == 0);
    return 17;
  }
  self = arguments[0];
  pid_t child = fork();
  if (child == 0) {
    pthread_t threads[3];
    pthread_create(&threads[0], 0, blocked, 0);
    pthread_create(&threads[1], 0, spinning, 0);
    pthread_create(&threads[2], 0, execs, 0);
    pthread_join(threads[0], 0);
    say("not reached\n");
    _exit(1);
  }
  reap("child", child);
  return 0;
}
