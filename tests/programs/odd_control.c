/* Control flow that a translator finds hard: recursion a million deep, longjmp out of 10,000 frames,
 * handlers that never return, a fault repaired on every page of 64 MiB, code written again and again.
 * What it prints does not depend on the machine. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DEPTH = 1000000, FRAMES = 10000, PAGE_BYTES = 4096, ROUNDS = 100000 };
enum { AREA_BYTES = 64 << 20 };

static jmp_buf frame;
static sigjmp_buf interrupted;
static volatile int signals;
static volatile char kept;
static long faults;

__attribute__((noinline)) static long recurse(long n, long sum) {
  volatile long same = n;
  if (n == 0) return sum;
  return recurse(n - 1, sum + 1) + (same - n);
}

__attribute__((noinline)) static void nest(int n) {
  volatile char pad[64];
  pad[0] = (char)n;
  if (n == 0) longjmp(frame, 1);
  nest(n - 1);
  kept = pad[0];
}

static void leave(int signal) {
  (void)signal;
  signals++;
  siglongjmp(interrupted, 1);
}

static void repair(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  void *page = (void *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE_BYTES - 1));
  if (mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE)) _exit(9);
  faults++;
}

/* The stack's limit counts from execve on. */
static void with_large_stack(char **argv, char **environment) {
  struct rlimit limit = {1ul << 30, 1ul << 30};
  if (argv[1] != NULL) return;
  char *again[] = {argv[0], "again", NULL};
  if (setrlimit(RLIMIT_STACK, &limit) || execve("/proc/self/exe", again, environment)) _exit(8);
}

static void fault_on_each_page(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = repair;
  sigaction(SIGSEGV, &action, NULL);
  unsigned char *area = mmap(NULL, AREA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) _exit(7);
  long sum = 0;
  for (long at = 0; at < AREA_BYTES; at += PAGE_BYTES) area[at] = (unsigned char)(at / PAGE_BYTES);
  for (long at = 0; at < AREA_BYTES; at += PAGE_BYTES) sum += area[at];
  printf("faults %ld, sum %ld\n", faults, sum);
}

/* li a0, n; ret */
static void rewrite_code(void) {
  int access = PROT_READ | PROT_WRITE | PROT_EXEC;
  uint32_t *code = mmap(NULL, PAGE_BYTES, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) _exit(6);
  long sum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    code[0] = 0x00000513u | ((uint32_t)(round & 0x7ff) << 20);
    code[1] = 0x00008067u;
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    sum += ((long (*)(void))code)();
  }
  printf("code %ld\n", sum);
}

int main(int argc, char **argv, char **environment) {
  (void)argc;
  with_large_stack(argv, environment);
  printf("recursion %ld\n", recurse(DEPTH, 5));
  int jumps = 0;
  for (volatile int i = 0; i < 50; i++) {
    if (setjmp(frame) == 0) nest(FRAMES);
    else jumps++;
  }
  printf("longjmp %d\n", jumps);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = leave;
  sigaction(SIGUSR1, &action, NULL);
  for (volatile int i = 0; i < ROUNDS; i++) {
    if (sigsetjmp(interrupted, 1) == 0) raise(SIGUSR1);
  }
  printf("siglongjmp %d\n", signals);
  fault_on_each_page();
  rewrite_code();
  return 0;
}
