/* futex REQUEUE and CMP_REQUEUE: who is woken, who moves, and that the moved wait elsewhere. */
#include "check.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>

static volatile int from, to, entered, woken;

static long futex(volatile int *address, int operation, int value, long value2,
                  volatile int *second, int value3) {
  return syscall(SYS_futex, address, operation, value, value2, second, value3);
}

static void *waits(void *unused) {
  __atomic_add_fetch(&entered, 1, __ATOMIC_SEQ_CST);
  if (futex(&from, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0) != 0) say("wait: %s\n", error_name(errno));
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return unused;
}

static void wait_for_woken(int count) {
  while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) < count) sleep_ms(1);
}

int main(void) {
  pthread_t threads[6];
  RESULT(futex(&from, FUTEX_REQUEUE_PRIVATE, 1, 1, &to, 0));
  RESULT(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &to, 5));
  RESULT(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &to, 0));
  RESULT(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, bad_pointer(), 0));
  for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, waits, 0);
  while (entered < 6) sleep_ms(1);
  sleep_ms(100);
  RESULT(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &to, 1));
  RESULT(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &to, 0));
  wait_for_woken(1);
  RESULT(futex(&to, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  wait_for_woken(2);
  RESULT(futex(&from, FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &to, 0));
  RESULT(futex(&from, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0));
  say("woken %d\n", woken);
  RESULT(futex(&to, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0));
  for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
  say("woken %d\n", woken);
  return 0;
}
