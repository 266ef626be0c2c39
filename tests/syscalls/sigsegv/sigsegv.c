/* SIGSEGV: si_addr, SEGV_MAPERR or SEGV_ACCERR, longjmp out, repair and go on, blocked or ignored. */
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static char *volatile memory;
static volatile int code, repairs;
static void *volatile address;

static void jumps(int number, siginfo_t *info, void *context) {
  (void)context;
  code = info->si_code;
  address = info->si_addr;
  siglongjmp(back, number);
}

static void repairs_it(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  repairs++;
  char *page = (char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
  if (mprotect(page, PAGE, PROT_READ | PROT_WRITE)) _exit(97);
}

static void try(const char *what, char kind, char *place) {
  int number = sigsetjmp(back, 1);
  if (number == 0) {
    if (kind == 'r') (void)*(volatile char *)place;
    if (kind == 'w') *(volatile char *)place = 1;
    if (kind == 'd') (void)*(volatile uint64_t *)place;
    if (kind == 'x') ((void (*)(void))place)();
    say("%s: nothing happened\n", what);
  } else {
    say("%s: %s %s, at the address %d\n", what, signal_name(number),
        code == SEGV_MAPERR ? "MAPERR" : code == SEGV_ACCERR ? "ACCERR" : "?", address == place);
  }
}

static int blocks(void) {
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, 0);
  *(volatile char *)memory = 1;
  return 0;
}
static int ignores(void) {
  signal(SIGSEGV, SIG_IGN);
  *(volatile char *)memory = 1;
  return 0;
}
static int faults_in_handler(void) {
  handle_info(SIGSEGV, repairs_it, SA_NODEFER);
  *(volatile char *)8 = 1;
  return 0;
}

int main(void) {
  memory = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED && munmap(memory + 3 * PAGE, PAGE) == 0);
  NEED(mprotect(memory, PAGE, PROT_NONE) == 0 && mprotect(memory + PAGE, PAGE, PROT_READ) == 0);
  handle_info(SIGSEGV, jumps, 0);
  try("read at 8", 'r', (char *)8);
  try("write at 0", 'w', 0);
  try("call of 16", 'x', (char *)16);
  try("read of a page without rights", 'r', memory + 123);
  try("write of it", 'w', memory + 123);
  try("write of a page for reading", 'w', memory + PAGE + 77);
  try("read of it", 'r', memory + PAGE + 77);
  try("after munmap", 'w', memory + 3 * PAGE + 5);
  try("execution of data", 'x', memory + PAGE + 8);
  for (int i = 0; i < 200; i++) {
    if (sigsetjmp(back, 1) == 0) *(volatile char *)(memory + i) = 1;
    else if (address != memory + i) say("wrong address at %d\n", i);
  }
  handle_info(SIGSEGV, repairs_it, 0);
  memory[40] = 'a';
  memory[PAGE + 40] = 'b';
  say("repaired %d: %c %c\n", repairs, memory[40], memory[PAGE + 40]);
  NEED(mprotect(memory, PAGE, PROT_NONE) == 0);
  reap("blocked", spawn(blocks));
  reap("ignored", spawn(ignores));
  kill(getpid(), 0);
  signal(SIGSEGV, SIG_IGN);
  raise(SIGSEGV);
  say("a SIGSEGV that was sent can be ignored\n");
  pid_t child = spawn(faults_in_handler);
  reap("unrepaired", child);
  return 0;
}
