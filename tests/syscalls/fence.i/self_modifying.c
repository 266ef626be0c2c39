/* Code that is written, fenced and run: patched in place, patched from code that runs from the same
 * page, after mprotect, and by another thread.
 * riscv64 only: the instructions are riscv64's; qemu-user is the oracle. */
#include "check.h"
#include <pthread.h>

static uint32_t *code;
typedef long (*Function)(long);

/* addi a0, a0, immediate */
static uint32_t add_immediate(int immediate) {
  return (uint32_t)immediate << 20 | 10u << 15 | 10u << 7 | 0x13;
}
enum { RETURN = 0x00008067 };

static void fence(void) { __asm__ volatile("fence.i" ::: "memory"); }

static void *patches(void *unused) {
  code[0] = add_immediate(1000);
  __builtin___clear_cache((char *)code, (char *)code + PAGE);
  return unused;
}

int main(void) {
  int all = PROT_READ | PROT_WRITE | PROT_EXEC;
  code = mmap(0, 2 * PAGE, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(code != MAP_FAILED);
  Function function = (Function)code;
  long sum = 0;
  for (int i = 0; i < 2000; i++) {
    code[0] = add_immediate(i & 1023);
    code[1] = RETURN;
    fence();
    sum += function(i);
  }
  say("sum %ld\n", sum);
  for (int i = 0; i < 100000; i++) sum = function(sum) & 0xffff;
  say("hot %ld\n", sum);
  code[0] = add_immediate(7);
  fence();
  say("patched after it was hot: %ld\n", function(0));

  /* The code patches the instruction that comes after its own fence: sw a1, 12(a2); fence.i;
   * addi a0, a0, 1; (patched) addi a0, a0, 1; ret */
  code[8] = 0x00b62623;
  code[9] = 0x0000100f;
  code[10] = add_immediate(1);
  code[11] = add_immediate(1);
  code[12] = RETURN;
  fence();
  long (*patcher)(long, long, uint32_t *) = (long (*)(long, long, uint32_t *))(code + 8);
  say("patched ahead: %ld\n", patcher(0, (long)add_immediate(50), code + 8));
  say("and again: %ld\n", patcher(0, (long)add_immediate(60), code + 8));

  NEED(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0);
  code[0] = add_immediate(70);
  NEED(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
  fence();
  say("after mprotect: %ld\n", function(0));
  NEED(mprotect(code, PAGE, all) == 0);
  pthread_t thread;
  NEED(pthread_create(&thread, 0, patches, 0) == 0 && pthread_join(thread, 0) == 0);
  say("by a thread: %ld\n", function(0));
  pid_t child = fork();
  if (child == 0) {
    code[0] = add_immediate(5);
    fence();
    _exit((int)function(0));
  }
  reap("in a child", child);
  say("unchanged here: %ld\n", function(0));
  /* An instruction of four bytes over the end of a page. */
  uint16_t *halves = (uint16_t *)((char *)code + PAGE - 2);
  halves[0] = (uint16_t)add_immediate(33);
  halves[1] = (uint16_t)(add_immediate(33) >> 16);
  halves[2] = 0x8082;
  fence();
  say("across pages: %ld\n", ((Function)halves)(0));
  return 0;
}
