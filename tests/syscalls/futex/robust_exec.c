/* A program that runs another one leaves its robust locks marked dead, and one waiter is woken.
 * qemu differs: it has no robust lists */
#include "check.h"
#include <linux/futex.h>
#include <stddef.h>

struct lock {
  struct robust_list list;
  _Atomic uint32_t word;
};

int main(int count, char **arguments) {
  if (count > 1) return 7;
  struct lock *lock = shared_page();
  pid_t child = fork();
  if (child == 0) {
    struct robust_list_head *head = (void *)(lock + 1);
    head->futex_offset = offsetof(struct lock, word);
    head->list.next = &lock->list;
    lock->list.next = &head->list;
    lock->word = (uint32_t)syscall(SYS_gettid) | FUTEX_WAITERS;
    syscall(SYS_set_robust_list, head, sizeof *head);
    sleep_ms(10);
    execl(arguments[0], arguments[0], "again", (char *)0);
    _exit(99);
  }
  while (!lock->word) sleep_ms(1);
  RESULT(syscall(SYS_futex, &lock->word, FUTEX_WAIT, (uint32_t)child | FUTEX_WAITERS, 0, 0, 0));
  say("waiters %d died %d owner %d\n", (lock->word & FUTEX_WAITERS) != 0,
      (lock->word & FUTEX_OWNER_DIED) != 0, (lock->word & FUTEX_TID_MASK) != 0);
  reap("child", child);
  return 0;
}
