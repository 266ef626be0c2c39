/* Memory that grows downwards: the gap that stays below it, its limit, and a mapping of one's own
 * with MAP_GROWSDOWN.
 * qemu differs: version 7.2 does not let such memory grow. */
#include "check.h"
#include <setjmp.h>

enum { BOTH = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static sigjmp_buf back;
static volatile int number, code;
static void on_fault(int signal_number, siginfo_t *info, void *context) {
  number = signal_number, code = info->si_code;
  siglongjmp(back, 1);
}

static void touch(const char *what, volatile char *address) {
  if (sigsetjmp(back, 1) == 0) {
    *address = 1;
    say("%s: fine\n", what);
  } else {
    say("%s: %s code %d\n", what, signal_name(number), code);
  }
}

int main(void) {
  static char alternate[65536];
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  NEED(sigaltstack(&stack, 0) == 0);
  handle_info(SIGSEGV, on_fault, SA_ONSTACK);
  /* Ample room, and in its upper part a mapping that grows. */
  char *room = mmap(0, 2048 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
  NEED(room != MAP_FAILED && munmap(room, 2048 * PAGE) == 0);
  char *top = room + 2000 * PAGE;
  char *grows = mmap(top, PAGE, BOTH, ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  IS(grows == top);
  touch("the page itself", top);
  touch("below it", top - 1);
  touch("far below", top - 500 * PAGE);
  char *below = top - 1000 * PAGE;
  NEED(mmap(below, PAGE, BOTH, ANONYMOUS | MAP_FIXED, -1, 0) == below);
  touch("just outside the gap", below + PAGE + 256 * PAGE);
  touch("in the gap", below + PAGE + 255 * PAGE - 1);
  touch("next to the mapping", below + PAGE);
  touch("the mapping itself", below);
  NEED(mprotect(below, PAGE, PROT_NONE) == 0);
  touch("in the gap to an inaccessible one", below + PAGE + 100 * PAGE);
  struct rlimit limit = {1200 * PAGE, 1200 * PAGE};
  NEED(munmap(below, PAGE) == 0 && setrlimit(RLIMIT_STACK, &limit) == 0);
  touch("within the limit", top - 1198 * PAGE);
  touch("beyond it", top - 1300 * PAGE);
  RESULT(mprotect(top - PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
  touch("read-only to its end", top - 1198 * PAGE);
  return 0;
}
