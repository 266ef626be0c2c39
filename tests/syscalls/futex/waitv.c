/* futex_waitv: any of several words; refusals.
 * qemu differs: it has no futex_waitv */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

#ifndef FUTEX2_SIZE_U32
#define FUTEX2_SIZE_U32 2
#endif
struct entry {
  uint64_t value, address;
  uint32_t flags, reserved;
};
static _Atomic uint32_t words[130];
static struct entry entries[130];

static long waitv(struct entry *list, unsigned count, unsigned flags, void *time, int clock) {
  return syscall(449, list, count, flags, time, clock);
}

static void *waker(void *argument) {
  sleep_ms(5);
  long which = (long)argument;
  words[which] = 1;
  syscall(SYS_futex, words + which, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0);
  return 0;
}

static void prepare(void) {
  for (int i = 0; i < 130; i++) {
    words[i] = 0;
    entries[i] = (struct entry){0, (uintptr_t)(words + i), FUTEX2_SIZE_U32 | FUTEX_PRIVATE_FLAG, 0};
  }
}

static void on_alarm(int number) { (void)number; }

int main(void) {
  pthread_t thread;
  prepare();
  for (long which = 0; which < 4; which += 3) {
    pthread_create(&thread, 0, waker, (void *)which);
    RESULT(waitv(entries, 4, 0, 0, 0));
    pthread_join(thread, 0);
    RESULT(waitv(entries, 4, 0, 0, 0));
    words[which] = 0;
  }
  pthread_create(&thread, 0, waker, (void *)127);
  RESULT(waitv(entries, 128, 0, 0, 0));
  pthread_join(thread, 0);
  struct timespec past = {1, 0}, soon, wrong = {0, 1000000000};
  prepare();
  RESULT(waitv(entries, 4, 0, &past, CLOCK_REALTIME));
  clock_gettime(CLOCK_MONOTONIC, &soon);
  soon.tv_nsec += 5000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, soon.tv_sec++;
  RESULT(waitv(entries, 4, 0, &soon, CLOCK_MONOTONIC));
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(5);
  RESULT(waitv(entries, 4, 0, 0, 0));
  alarm_every_ms(0);
  RESULT(waitv(entries, 0, 0, 0, 0));
  RESULT(waitv(entries, 129, 0, 0, 0));
  RESULT(waitv(entries, 1, 1, 0, 0));
  RESULT(waitv(0, 1, 0, 0, 0));
  RESULT(waitv(bad_pointer(), 1, 0, 0, 0));
  RESULT(waitv(entries, 1, 0, &past, CLOCK_BOOTTIME));
  RESULT(waitv(entries, 1, 0, &wrong, CLOCK_MONOTONIC));
  RESULT(waitv(entries, 1, 0, bad_pointer(), CLOCK_MONOTONIC));
  entries[0].flags = 0;
  RESULT(waitv(entries, 1, 0, 0, 0));
  prepare();
  entries[0].reserved = 1;
  RESULT(waitv(entries, 1, 0, 0, 0));
  prepare();
  entries[1].address = (uintptr_t)bad_pointer();
  RESULT(waitv(entries, 2, 0, 0, 0));
  entries[1].address = (uintptr_t)words + 2;
  RESULT(waitv(entries, 2, 0, 0, 0));
  return 0;
}
