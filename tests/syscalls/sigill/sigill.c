/* SIGILL: code, address, and going on after the instruction was skipped by longjmp. */
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static volatile int code, at_instruction;

static void jumps(int number, siginfo_t *info, void *context) {
  (void)context;
  code = info->si_code;
  const unsigned char *bytes = info->si_addr;
#ifdef __riscv
  at_instruction = bytes[0] == 0 && bytes[1] == 0;
#else
  at_instruction = bytes[0] == 0x0f && bytes[1] == 0x0b;
#endif
  siglongjmp(back, number);
}

static void illegal(void) {
#ifdef __riscv
  __asm__ volatile(".hword 0");
#else
  __asm__ volatile("ud2");
#endif
}

int main(void) {
  handle_info(SIGILL, jumps, 0);
  for (int turn = 0; turn < 3; turn++) {
    int number = sigsetjmp(back, 1);
    if (number == 0) illegal();
    say("%s, si_addr at the instruction %d, a code of SIGILL %d\n", signal_name(number),
        at_instruction, code >= ILL_ILLOPC && code <= ILL_BADSTK);
  }
  pid_t child = fork();
  if (child == 0) {
    signal(SIGILL, SIG_DFL);
    illegal();
    _exit(0);
  }
  reap("default action", child);
  return 0;
}
