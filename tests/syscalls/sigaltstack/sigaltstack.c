/* sigaltstack: a handler on it, its state, nesting, errors; stack overflow caught on it. */
#include "check.h"
#include <setjmp.h>

static char *alternate;
static volatile int on_it, flags_inside, change_inside;
static sigjmp_buf back;

static int is_on(const void *pointer) {
  return (const char *)pointer >= alternate && (const char *)pointer < alternate + 65536;
}

static void on_signal(int number) {
  stack_t now;
  on_it = is_on(&now);
  sigaltstack(0, &now);
  flags_inside = now.ss_flags;
  stack_t other = {.ss_flags = SS_DISABLE};
  change_inside = sigaltstack(&other, 0) == 0 ? 0 : errno;
  if (number == SIGUSR1) {
    int outer = on_it;
    raise(SIGUSR2);
    say("nested on it: %d, outer %d\n", on_it, outer);
  }
}

static void on_overflow(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  siglongjmp(back, is_on(&info) ? 1 : 2);
}

static int deep(int level) {
  volatile char page[2048];
  page[0] = (char)level;
  return level < 0 ? page[0] : deep(level + 1) + page[0];
}

int main(void) {
  alternate = malloc(65536);
  stack_t stack = {.ss_sp = alternate, .ss_size = 65536}, now;
  RESULT(sigaltstack(0, &now));
  IS(now.ss_flags == SS_DISABLE);
  RESULT(sigaltstack(&stack, 0));
  RESULT(sigaltstack(0, &now));
  IS(now.ss_sp == alternate && now.ss_size == 65536 && now.ss_flags == 0);
  handle(SIGUSR1, on_signal, SA_ONSTACK);
  handle(SIGUSR2, on_signal, SA_ONSTACK);
  raise(SIGUSR1);
  say("on it %d, flags %s, change %s\n", on_it, flags_inside == SS_ONSTACK ? "SS_ONSTACK" : "?",
      error_name(change_inside));
  handle(SIGUSR2, on_signal, 0);
  raise(SIGUSR2);
  say("without SA_ONSTACK on it %d, flags %d\n", on_it, flags_inside);
  RESULT(sigaltstack(&stack, 0));
  stack_t small = {.ss_sp = alternate, .ss_size = 100};
  RESULT(sigaltstack(&small, 0));
  stack_t odd = {.ss_sp = alternate, .ss_size = 65536, .ss_flags = 77};
  RESULT(sigaltstack(&odd, 0));
  RESULT(sigaltstack(bad_pointer(), 0));

  struct rlimit limit = {256 * 1024, 256 * 1024};
  NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
  handle_info(SIGSEGV, on_overflow, SA_ONSTACK);
  for (int turn = 0; turn < 3; turn++) {
    int how = sigsetjmp(back, 1);
    if (how == 0) deep(1);
    say("overflow %d caught: %s\n", turn, how == 1 ? "on the alternate stack" : "elsewhere");
  }
  pid_t child = fork();
  if (child == 0) {
    handle_info(SIGSEGV, on_overflow, 0);
    if (sigsetjmp(back, 1) == 0) deep(1);
    _exit(1);
  }
  reap("overflow without SA_ONSTACK", child);
  return 0;
}
