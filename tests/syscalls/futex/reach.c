/* Which words must be there: a private futex is only an address, a shared one is what is mapped;
 * counts below 0 are refused before. */
#include "check.h"
#include <linux/futex.h>

static uint32_t word;
static uint32_t *gone, *closed, *behind;

static long futex(uint32_t *at, int operation, int count, long count2, uint32_t *target) {
  return syscall(SYS_futex, at, operation, count, count2, target, 0);
}

static void each(const char *what, uint32_t *at) {
  say("%s\n", what);
  RESULT(futex(at, FUTEX_WAKE, 1, 0, 0));
  RESULT(futex(at, FUTEX_WAKE_PRIVATE, 1, 0, 0));
  RESULT(futex(at, FUTEX_CMP_REQUEUE, 1, 1, &word));
  RESULT(futex(&word, FUTEX_CMP_REQUEUE, 1, 1, at));
  RESULT(futex(at, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &word));
  RESULT(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, at));
  RESULT(futex(at, FUTEX_REQUEUE, 1, 1, &word));
  RESULT(futex(at, FUTEX_REQUEUE_PRIVATE, 1, 1, &word));
  RESULT(futex(at, FUTEX_WAKE_OP, 1, 1, &word));
  RESULT(futex(at, FUTEX_WAKE_OP_PRIVATE, 1, 1, &word));
  RESULT(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, at));
}

static void *page(int protection, int flags, int file) {
  void *at = mmap(0, PAGE, protection, flags, file, 0);
  NEED(at != MAP_FAILED);
  return at;
}

int main(void) {
  int file = open("/tmp/words", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0);
  closed = page(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  behind = page(PROT_READ | PROT_WRITE, MAP_SHARED, file);
  gone = page(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  NEED(munmap(gone, PAGE) == 0);
  each("unmapped", gone);
  each("PROT_NONE", closed);
  each("behind the end of a file", behind);

  uint32_t *odd = (uint32_t *)((char *)gone + 2);
  RESULT(futex(odd, FUTEX_WAKE, 1, 0, 0));
  RESULT(futex(odd, FUTEX_WAKE_PRIVATE, 1, 0, 0));
  RESULT(futex(&word, FUTEX_REQUEUE_PRIVATE, 1, 1, odd));
  RESULT(futex(gone, FUTEX_REQUEUE, 1, 1, odd));
  RESULT(futex(gone, FUTEX_REQUEUE, 1, -1, &word));
  RESULT(futex(&word, FUTEX_REQUEUE, -1, 1, &word));
  RESULT(futex(&word, FUTEX_REQUEUE, 1, -1, &word));
  RESULT(futex(&word, FUTEX_CMP_REQUEUE, 1, -1, &word));
  RESULT(futex(&word, FUTEX_CMP_REQUEUE, 1, INT32_MAX, &word));
  RESULT(futex(&word, FUTEX_CMP_REQUEUE, 1, 0xffffffffL, &word));
  RESULT(syscall(SYS_futex, &word, FUTEX_WAIT, 1, bad_pointer(), 0, 0));
  RESULT(syscall(SYS_futex, &word, FUTEX_WAIT, 1, -1L, 0, 0));
  return 0;
}
