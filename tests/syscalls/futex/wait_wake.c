/* futex WAIT and WAKE between threads: counts, EAGAIN, bitsets, errors. */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

static volatile int word, entered, woken;

static long futex(volatile int *address, int operation, int value, void *timeout, void *second,
                  int value3) {
  return syscall(SYS_futex, address, operation, value, timeout, second, value3);
}

static void *waits(void *bits) {
  __atomic_add_fetch(&entered, 1, __ATOMIC_SEQ_CST);
  long mask = (long)bits;
  long result = mask ? futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, 0, 0, (int)mask)
                     : futex(&word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
  if (result != 0) say("wait: %s\n", error_name(errno));
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return 0;
}

/* Wakes until `count` waiters have been woken in all: some may not be waiting yet. */
static void wake_in_all(int operation, int each, int count, int bits) {
  for (int total = 0; total < count;) {
    long got = futex(&word, operation, each, 0, 0, bits);
    if (got > each) say("woke %ld of %d\n", got, each);
    total += (int)got;
    if (got == 0) sleep_ms(1);
  }
}

int main(void) {
  pthread_t threads[6];
  RESULT(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
  RESULT(futex(&word, FUTEX_WAIT, 5, 0, 0, 0));
  RESULT(futex(bad_pointer(), FUTEX_WAIT, 5, 0, 0, 0));
  RESULT(futex((int *)((char *)&word + 1), FUTEX_WAIT, 5, 0, 0, 0));
  RESULT(futex((int *)((char *)&word + 1), FUTEX_WAKE, 1, 0, 0, 0));
  RESULT(futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
  RESULT(futex(&word, FUTEX_WAKE_BITSET, 1, 0, 0, 0));
  RESULT(futex(&word, 99, 1, 0, 0, 0));

  for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, waits, 0);
  wake_in_all(FUTEX_WAKE_PRIVATE, 1, 3, 0);
  wake_in_all(FUTEX_WAKE_PRIVATE, 100, 3, 0);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
  say("entered %d, woken %d\n", entered, woken);
  RESULT(futex(&word, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0));

  woken = 0;
  pthread_create(&threads[0], 0, waits, (void *)1);
  pthread_create(&threads[1], 0, waits, (void *)2);
  sleep_ms(20);
  RESULT(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, 0, 0, 4));
  wake_in_all(FUTEX_WAKE_BITSET_PRIVATE, 10, 1, 2);
  pthread_join(threads[1], 0);
  say("woken %d\n", woken);
  wake_in_all(FUTEX_WAKE_PRIVATE, 10, 1, 0);
  pthread_join(threads[0], 0);
  say("woken %d\n", woken);
  return 0;
}
