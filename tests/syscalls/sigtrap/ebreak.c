/* SIGTRAP by ebreak and SIGILL: si_code and si_addr; going on behind it.
 * riscv64 only: the instructions are. */
#include "check.h"
#include <ucontext.h>

static volatile int code, number_seen;
static void *volatile address, *volatile pc;
static void on_trap(int number, siginfo_t *info, void *context) {
  ucontext_t *at = context;
  number_seen = number;
  code = info->si_code;
  address = info->si_addr;
  pc = (void *)at->uc_mcontext.__gregs[0];
  at->uc_mcontext.__gregs[0] += 4;
}

static int dies(void) {
  asm volatile("ebreak");
  return 0;
}

int main(void) {
  handle_info(SIGTRAP, on_trap, 0);
  handle_info(SIGILL, on_trap, 0);
  asm volatile(".option push\n.option norvc\nebreak\n.option pop");
  say("%s code %d, si_addr is pc: %d\n", signal_name(number_seen),  code, address == pc);
  asm volatile(".word 0xffffffff");
  say("%s code %d, si_addr is pc: %d\n", signal_name(number_seen), code, address == pc);
  signal(SIGTRAP, SIG_DFL);
  reap("without a handler", spawn(dies));
  volatile int zero = 0;
  say("division by zero: %d\n", 7 / zero);
  volatile double one = 1, none = 0;
  say("of doubles: %d\n", one / none > 1e300);
  return 0;
}
