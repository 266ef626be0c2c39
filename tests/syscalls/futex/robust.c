/* Robust lists: locks of threads and processes that end, or run another program, are marked dead;
 * get_robust_list and set_robust_list.
 * qemu differs: it has no robust lists */
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t *mutex;

static void make(int shared) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&how, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
  NEED(pthread_mutex_init(mutex, &how) == 0);
}

static void *grab(void *argument) {
  pthread_mutex_lock(mutex);
  if (argument) sleep_ms(10);
  return 0;
}

static void *wait_for(void *argument) {
  int result = pthread_mutex_lock(mutex);
  say("waiter: %s\n", result == EOWNERDEAD ? "owner died" : result ? "?" : "locked");
  pthread_mutex_consistent(mutex);
  pthread_mutex_unlock(mutex);
  return argument;
}

static void threads(void) {
  pthread_t holder, waiter;
  make(0);
  pthread_create(&holder, 0, grab, 0);
  pthread_join(holder, 0);
  IS(pthread_mutex_trylock(mutex) == EOWNERDEAD);
  RESULT(pthread_mutex_consistent(mutex));
  RESULT(pthread_mutex_unlock(mutex));
  make(0);
  pthread_create(&holder, 0, grab, &holder);
  sleep_ms(3);
  pthread_create(&waiter, 0, wait_for, 0);
  pthread_join(holder, 0);
  pthread_join(waiter, 0);
  make(0);
  pthread_create(&holder, 0, grab, 0);
  pthread_join(holder, 0);
  IS(pthread_mutex_lock(mutex) == EOWNERDEAD);
  RESULT(pthread_mutex_unlock(mutex));
  IS(pthread_mutex_lock(mutex) == ENOTRECOVERABLE);
}

static void processes(void) {
  make(1);
  pid_t child = fork();
  if (child == 0) {
    grab(0);
    kill(getpid(), SIGKILL);
  }
  reap("holder", child);
  IS(pthread_mutex_lock(mutex) == EOWNERDEAD);
  RESULT(pthread_mutex_consistent(mutex));
  RESULT(pthread_mutex_unlock(mutex));
}

static void lists(void) {
  struct robust_list_head *head = 0, own = {{&own.list}, 0, 0};
  size_t size = 0;
  RESULT(syscall(SYS_get_robust_list, 0, &head, &size));
  say("size %zu, set %d\n", size, head != 0);
  RESULT(syscall(SYS_set_robust_list, &own, sizeof own + 1));
  RESULT(syscall(SYS_set_robust_list, &own, sizeof own));
  RESULT(syscall(SYS_get_robust_list, getpid(), &head, &size));
  IS(head == &own);
  RESULT(syscall(SYS_get_robust_list, 30000, &head, &size));
  RESULT(syscall(SYS_get_robust_list, 0, bad_pointer(), &size));
  RESULT(syscall(SYS_get_robust_list, 0, &head, bad_pointer()));
  RESULT(syscall(SYS_get_robust_list, 30000, bad_pointer(), &size));
}

/* The same by hand: two locks on the list, one operation pending, each in its own state. */
struct lock {
  struct robust_list list;
  _Atomic uint32_t word;
};

static void by_hand(void) {
  struct lock *locks = shared_page();
  pid_t child = fork();
  if (child == 0) {
    struct robust_list_head *head = (void *)(locks + 10);
    head->futex_offset = offsetof(struct lock, word);
    head->list.next = &locks[0].list;
    locks[0].list.next = &locks[1].list;
    locks[1].list.next = (void *)((char *)&locks[2].list + 1);
    locks[2].list.next = &head->list;
    head->list_op_pending = &locks[3].list;
    uint32_t self = syscall(SYS_gettid);
    locks[0].word = self;
    locks[1].word = self + 1;
    locks[2].word = self | FUTEX_WAITERS;
    locks[3].word = self;
    syscall(SYS_set_robust_list, head, sizeof *head);
    _exit(0);
  }
  reap("child", child);
  for (int i = 0; i < 4; i++) {
    uint32_t word = locks[i].word;
    say("lock %d:%s%s%s\n", i, word & FUTEX_TID_MASK ? " owner" : "",
        word & FUTEX_WAITERS ? " waiters" : "", word & FUTEX_OWNER_DIED ? " died" : "");
  }
}

int main(void) {
  mutex = shared_page();
  threads();
  processes();
  by_hand();
  lists();
  return 0;
}
