/* Handlers within handlers, masks that come back, leaving by siglongjmp, a changed context, a
 * frame that cannot be stored, a handler that is no code. */
#include "check.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf back;
static int depth;
static char order[64];

static void note(char what) { order[strlen(order)] = what; }
static void outer(int number) {
  note('a');
  raise(SIGUSR2);
  note('c');
  if (strlen(order) == 3) raise(number);
  note('d');
}
static void inner(int number) { note('b'); }

static int is_blocked(int number) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  return sigismember(&now, number);
}

static void jumps(int number) { siglongjmp(back, number); }

static void unmasks(int number, siginfo_t *info, void *context) {
  sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGTERM);
}

static void once(int number) {
  depth++;
  if (depth == 1) raise(number);
}

static int no_stack(void) {
  handle(SIGUSR1, inner, 0);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifdef __riscv
  register long number asm("a7") = SYS_tgkill;
  register long process asm("a0") = getpid(), thread asm("a1") = getpid(), sent asm("a2") = SIGUSR1;
  asm volatile("li sp, 64\n ecall" : : "r"(number), "r"(process), "r"(thread), "r"(sent));
#else
  asm volatile("mov $64, %%rsp\n syscall"
               :
               : "a"(SYS_tgkill), "D"(getpid()), "S"(getpid()), "d"(SIGUSR1));
#endif
  return 0;
}
static int no_code(void) {
  handle(SIGUSR1, (void (*)(int))bad_pointer(), 0);
  raise(SIGUSR1);
  return 0;
}
static int no_code_for_fault(void) {
  handle(SIGSEGV, (void (*)(int))bad_pointer(), 0);
  *(volatile int *)bad_pointer() = 1;
  return 0;
}
static int blocked_fault(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  handle(SIGSEGV, inner, 0);
  *(volatile int *)bad_pointer() = 1;
  return 0;
}
static int ignored_fault(void) {
  signal(SIGSEGV, SIG_IGN);
  *(volatile int *)bad_pointer() = 1;
  return 0;
}
static int sent_fault(void) {
  signal(SIGSEGV, SIG_IGN);
  raise(SIGSEGV);
  say("an ignored SIGSEGV that was sent is nothing\n");
  return 0;
}

int main(void) {
  handle(SIGUSR1, outer, 0);
  handle(SIGUSR2, inner, 0);
  raise(SIGUSR1);
  /* The second SIGUSR1 waits until the first is done. */
  say("order %s\n", order);

  handle(SIGUSR1, jumps, 0);
  for (int i = 0; i < 3; i++) {
    if (sigsetjmp(back, 1) == 0) raise(SIGUSR1);
    else say("out by siglongjmp, blocked %d\n", is_blocked(SIGUSR1));
  }
  if (sigsetjmp(back, 0) == 0) raise(SIGUSR1);
  else say("without the mask, blocked %d\n", is_blocked(SIGUSR1));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);

  handle_info(SIGUSR1, unmasks, 0);
  raise(SIGUSR1);
  say("the frame's mask counts: %d\n", is_blocked(SIGTERM));
  sigprocmask(SIG_SETMASK, &none, 0);

  handle(SIGUSR1, once, SA_RESETHAND | SA_NODEFER);
  pid_t child = fork();
  if (child == 0) {
    raise(SIGUSR1);
    _exit(0);
  }
  reap("SA_RESETHAND", child);
  reap("no stack", spawn(no_stack));
  reap("no code", spawn(no_code));
  reap("no code for the fault", spawn(no_code_for_fault));
  reap("blocked", spawn(blocked_fault));
  reap("ignored", spawn(ignored_fault));
  reap("sent", spawn(sent_fault));
  return 0;
}
