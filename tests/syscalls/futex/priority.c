/* Futexes with priority inheritance: FUTEX_LOCK_PI and its kin by hand, and glibc's mutexes.
 * qemu differs: it has no robust lists */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

static _Atomic uint32_t word;
static long op(int operation, const struct timespec *time) {
  return syscall(SYS_futex, &word, operation, 0, time, 0, 0);
}
static const char *shown(void) {
  static char text[64];
  uint32_t value = word, self = (uint32_t)syscall(SYS_gettid);
  snprintf(text, sizeof text, "owner %s%s%s",
           (value & FUTEX_TID_MASK) == self ? "self" : (value & FUTEX_TID_MASK) ? "other" : "none",
           value & FUTEX_WAITERS ? " waiters" : "", value & FUTEX_OWNER_DIED ? " died" : "");
  return text;
}

static void *holder(void *gate) {
  op(FUTEX_LOCK_PI, 0);
  open_gate(gate);
  sleep_ms(10);
  return (void *)op(FUTEX_UNLOCK_PI, 0);
}

static void *dier(void *gate) {
  op(FUTEX_LOCK_PI, 0);
  open_gate(gate);
  sleep_ms(10);
  return 0;
}

static void by_hand(void) {
  RESULT(op(FUTEX_LOCK_PI, 0));
  say("%s\n", shown());
  RESULT(op(FUTEX_LOCK_PI, 0));
  RESULT(op(FUTEX_TRYLOCK_PI, 0));
  RESULT(op(FUTEX_UNLOCK_PI, 0));
  say("%s\n", shown());
  RESULT(op(FUTEX_UNLOCK_PI, 0));
  RESULT(op(FUTEX_TRYLOCK_PI, 0));
  RESULT(op(FUTEX_UNLOCK_PI_PRIVATE, 0));
  word = 29999;
  RESULT(op(FUTEX_LOCK_PI, 0));
  word = 0;
  pthread_t thread;
  Gate gate = new_gate();
  void *result;
  pthread_create(&thread, 0, holder, &gate);
  pass_gate(&gate);
  RESULT(op(FUTEX_TRYLOCK_PI, 0));
  struct timespec past = {1, 0};
  RESULT(op(FUTEX_LOCK_PI, &past));
  RESULT(op(FUTEX_UNLOCK_PI, 0));
  RESULT(op(FUTEX_LOCK_PI, 0));
  say("%s\n", shown());
  pthread_join(thread, &result);
  say("holder unlocked: %ld\n", (long)result);
  RESULT(op(FUTEX_UNLOCK_PI, 0));
  say("%s\n", shown());
  pthread_create(&thread, 0, dier, &gate);
  pass_gate(&gate);
  RESULT(op(FUTEX_LOCK_PI, 0));
  say("%s\n", shown());
  pthread_join(thread, 0);
  RESULT(op(FUTEX_UNLOCK_PI, 0));
  struct timespec wrong = {0, 1000000000};
  RESULT(op(FUTEX_LOCK_PI, &wrong));
  RESULT(op(FUTEX_LOCK_PI, bad_pointer()));
  RESULT(syscall(SYS_futex, bad_pointer(), FUTEX_LOCK_PI, 0, 0, 0, 0));
  RESULT(syscall(SYS_futex, bad_pointer(), FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  RESULT(syscall(SYS_futex, (char *)&word + 1, FUTEX_LOCK_PI, 0, 0, 0, 0));
}

static pthread_mutex_t mutex;
static long counter;
static _Atomic int handled;

static void *adder(void *argument) {
  for (int i = 0; i < 2000; i++) {
    NEED(pthread_mutex_lock(&mutex) == 0);
    long seen = counter;
    if (i % 64 == 0) sched_yield();
    counter = seen + 1;
    NEED(pthread_mutex_unlock(&mutex) == 0);
  }
  return argument;
}

static void on_alarm(int number) { handled += number != 0; }

static void *grabber(void *argument) {
  pthread_mutex_lock(&mutex);
  return argument;
}

static void by_glibc(void) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  RESULT(pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT));
  RESULT(pthread_mutex_init(&mutex, &how));
  pthread_t threads[4];
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(1);
  for (int i = 0; i < 4; i++) pthread_create(threads + i, 0, adder, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  alarm_every_ms(0);
  say("counter %ld\n", counter);
  RESULT(pthread_mutex_lock(&mutex));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 5000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, soon.tv_sec++;
  pid_t child = fork();
  if (child == 0) _exit(0);
  reap("child", child);
  RESULT(pthread_mutex_unlock(&mutex));
  RESULT(pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST));
  RESULT(pthread_mutex_init(&mutex, &how));
  pthread_t thread;
  pthread_create(&thread, 0, grabber, 0);
  pthread_join(thread, 0);
  RESULT(pthread_mutex_lock(&mutex) == EOWNERDEAD);
  RESULT(pthread_mutex_consistent(&mutex));
  RESULT(pthread_mutex_unlock(&mutex));
  RESULT(pthread_mutex_lock(&mutex));
}

int main(void) {
  by_hand();
  by_glibc();
  return 0;
}
