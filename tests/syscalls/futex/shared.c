/* futex between processes: the key is the page, so any mapping of it serves; private ones differ. */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

static long futex(volatile int *address, int operation, int value) {
  return syscall(SYS_futex, address, operation, value, 0, 0, 0);
}

int main(void) {
  volatile int *word = shared_page();
  pid_t child = fork();
  if (child == 0) {
    while (word[0] == 0) futex(&word[0], FUTEX_WAIT, 0);
    say("child saw %d\n", word[0]);
    word[1] = 5;
    futex(&word[1], FUTEX_WAKE, 1);
    _exit(0);
  }
  sleep_ms(10);
  word[0] = 4;
  futex(&word[0], FUTEX_WAKE, 1);
  while (word[1] == 0) futex(&word[1], FUTEX_WAIT, 0);
  say("parent saw %d\n", word[1]);
  reap("child", child);

  /* The same file page mapped at two addresses is one futex. */
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && ftruncate(file, PAGE) == 0);
  volatile int *one = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  volatile int *other = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  NEED(one != MAP_FAILED && other != MAP_FAILED && one != other);
  child = fork();
  if (child == 0) {
    one[1] = 1;
    RESULT(futex(&one[0], FUTEX_WAIT, 0));
    _exit(3);
  }
  while (!other[1]) sched_yield();
  while (futex(&other[0], FUTEX_WAKE, 1) == 0) sleep_ms(1);
  reap("other mapping", child);

  /* A mutex and condition shared by processes. */
  struct {
    pthread_mutex_t mutex;
    int count;
  } *both = shared_page();
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&both->mutex, &attributes);
  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    if (children[i]) continue;
    for (int turn = 0; turn < 200; turn++) {
      pthread_mutex_lock(&both->mutex);
      int count = both->count;
      if (turn % 40 == 0) sched_yield();
      both->count = count + 1;
      pthread_mutex_unlock(&both->mutex);
    }
    _exit(0);
  }
  for (int i = 0; i < 4; i++) reap("counter", children[i]);
  say("counted %d\n", both->count);

  /* After a fork private memory is another futex: nobody is woken across. */
  static volatile int own;
  Gate gate = new_gate();
  child = fork();
  if (child == 0) {
    pass_gate(&gate);
    sleep_ms(20);
    RESULT(futex(&own, FUTEX_WAKE, 1));
    _exit(0);
  }
  open_gate(&gate);
  struct timespec limit = {0, 60000000};
  errno = 0;
  long result = syscall(SYS_futex, &own, FUTEX_WAIT, 0, &limit, 0, 0);
  reap("wakes nobody", child);
  say("waited: %s\n", result == -1 ? "to the end" : "woken");
  return 0;
}
