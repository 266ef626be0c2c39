/* Threads: creation, join, results, thread-local storage, shared memory, tid and pid. */
#include "check.h"
#include <pthread.h>

static __thread int local = 5;
static int shared;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *counts(void *argument) {
  long self = (long)argument;
  local += (int)self;
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&mutex);
    int value = shared;
    if (i % 50 == 0) sched_yield();
    shared = value + 1;
    pthread_mutex_unlock(&mutex);
  }
  return (void *)(long)local;
}

static void *identity(void *parent_pid) {
  IS(getpid() == (pid_t)(long)parent_pid);
  IS(syscall(SYS_gettid) != getpid());
  IS(getppid() != getpid());
  return 0;
}

static void *leaves(void *unused) {
  (void)unused;
  pthread_exit((void *)77);
}

int main(void) {
  pthread_t threads[50];
  void *result;
  long sum = 0;
  for (long i = 0; i < 50; i++) NEED(pthread_create(&threads[i], 0, counts, (void *)i) == 0);
  for (int i = 0; i < 50; i++) {
    NEED(pthread_join(threads[i], &result) == 0);
    sum += (long)result;
  }
  say("counted %d, locals %ld, mine %d\n", shared, sum, local);
  IS(syscall(SYS_gettid) == getpid());
  pthread_create(&threads[0], 0, identity, (void *)(long)getpid());
  pthread_join(threads[0], 0);
  pthread_create(&threads[0], 0, leaves, 0);
  pthread_join(threads[0], &result);
  say("pthread_exit gave %ld\n", (long)result);
  /* Stacks are reused: many short-lived threads one after another. */
  for (int i = 0; i < 300; i++) {
    NEED(pthread_create(&threads[0], 0, counts, 0) == 0);
    NEED(pthread_join(threads[0], 0) == 0);
    if (i == 20) break;
  }
  say("counted %d\n", shared);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  shared = 0;
  for (int i = 0; i < 10; i++) NEED(pthread_create(&threads[i], &attributes, counts, 0) == 0);
  for (;;) {
    pthread_mutex_lock(&mutex);
    int done = shared == 2000;
    pthread_mutex_unlock(&mutex);
    if (done) break;
    sleep_ms(1);
  }
  say("detached counted %d\n", shared);
  return 0;
}
