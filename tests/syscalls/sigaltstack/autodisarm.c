/* sigaltstack: SS_AUTODISARM; what the frame says; leaving by siglongjmp; a frame that does not
 * fit on it; children and threads.
 * qemu differs: version 7.2 knows no SS_AUTODISARM. */
#include "check.h"
#include <pthread.h>
#include <setjmp.h>
#include <ucontext.h>
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char *alternate;
enum { SIZE = 65536 };
static sigjmp_buf back;

static const char *flags_name(unsigned flags) {
  static char text[64];
  snprintf(text, sizeof text, "%s%s%s", flags & SS_DISABLE ? "DISABLE " : "",
           flags & SS_ONSTACK ? "ONSTACK " : "", flags & SS_AUTODISARM ? "AUTODISARM" : "");
  return text;
}
static void show(const char *what) {
  stack_t now;
  NEED(sigaltstack(0, &now) == 0);
  say("%s: %s, ours %d\n", what, flags_name(now.ss_flags), now.ss_sp == alternate);
}

static void on_signal(int number, siginfo_t *info, void *context) {
  (void)info;
  char here;
  stack_t *frame = &((ucontext_t *)context)->uc_stack;
  say("%s on it %d\n", signal_name(number), &here >= alternate && &here < alternate + SIZE);
  say("frame: %s, ours %d, size %d\n", flags_name(frame->ss_flags), frame->ss_sp == alternate,
      (int)frame->ss_size);
  show("inside");
  stack_t other = {.ss_sp = alternate + SIZE, .ss_size = SIZE};
  RESULT(sigaltstack(&other, 0));
  if (number == SIGUSR2) siglongjmp(back, 1);
}

static void *thread(void *unused) {
  show("in a thread");
  return 0;
}

/* The frames go down the alternate stack until one has no room; below it nothing may be touched. */
static void again(int number) { raise(number); }
static int overflows(void) {
  NEED(mprotect(alternate, PAGE, PROT_NONE) == 0);
  stack_t small = {.ss_sp = alternate + PAGE, .ss_size = 8 * PAGE};
  NEED(sigaltstack(&small, 0) == 0);
  handle(SIGUSR1, again, SA_ONSTACK | SA_NODEFER);
  raise(SIGUSR1);
  return 0;
}

int main(void) {
  alternate = mmap(0, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_t stack = {.ss_sp = alternate, .ss_size = SIZE, .ss_flags = SS_AUTODISARM};
  RESULT(sigaltstack(&stack, 0));
  show("set");
  handle_info(SIGUSR1, on_signal, SA_ONSTACK);
  handle_info(SIGUSR2, on_signal, SA_ONSTACK);
  raise(SIGUSR1);
  show("after");
  if (sigsetjmp(back, 1) == 0) raise(SIGUSR2);
  show("left by siglongjmp");

  stack.ss_flags = SS_ONSTACK;
  RESULT(sigaltstack(&stack, 0));
  show("set with SS_ONSTACK");
  raise(SIGUSR1);
  show("after");
  if (sigsetjmp(back, 1) == 0) raise(SIGUSR2);
  show("left by siglongjmp");
  raise(SIGUSR1);

  pid_t child = fork();
  if (child == 0) {
    show("in a child");
    _exit(0);
  }
  reap("child", child);
  pthread_t id;
  NEED(pthread_create(&id, 0, thread, 0) == 0 && pthread_join(id, 0) == 0);
  reap("overflows", spawn(overflows));
  stack.ss_flags = SS_DISABLE;
  stack.ss_size = 1;
  RESULT(sigaltstack(&stack, 0));
  show("off");
  stack = (stack_t){.ss_sp = alternate, .ss_size = MINSIGSTKSZ - 1};
  RESULT(sigaltstack(&stack, 0));
  stack = (stack_t){.ss_sp = alternate, .ss_size = SIZE, .ss_flags = SS_DISABLE | SS_ONSTACK};
  RESULT(sigaltstack(&stack, 0));
  stack.ss_flags = SS_AUTODISARM | SS_DISABLE;
  RESULT(sigaltstack(&stack, 0));
  show("off with SS_AUTODISARM");
  RESULT(sigaltstack(0, bad_pointer()));
  RESULT(sigaltstack(bad_pointer(), 0));
  return 0;
}
