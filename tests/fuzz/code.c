/* Random code: code SEED COUNT. Each round makes pages of random instructions (whole words of known
 * opcodes, halves, noise, jumps within the pages), and enters them anywhere, at any half-word, with
 * random registers. Pages are shared with a second process, which changes them meanwhile, and lose
 * and get back their permissions. What comes of it is the program's own business: it is killed, ends,
 * or is killed after its time, and nobody else notices. */
#include "../syscalls/check.h"
#include "random.h"

enum { PAGES = 4, CODE_BYTES = PAGES * PAGE, ROUND_MS = 100, PROCESSOR_MS = 15 };

static const uint8_t opcodes[] = {0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x37, 0x3b,
                                  0x43, 0x47, 0x4b, 0x4f, 0x53, 0x63, 0x67, 0x6f, 0x73};

static uint32_t instruction(void) {
  uint32_t word = (uint32_t)next64();
  if (one_in(4)) return word;
  word = (word & ~0x7fu) | PICK(opcodes);
  switch (word & 0x7f) {
    case 0x63: /* branch: a short way */
      return word & 0x01fff0ff & ~0x80u;
    case 0x6f: /* jal: within some pages */
      return (word & 0x0ffff07f) | (one_in(2) ? 0x80000000 : 0);
    case 0x0f:
      return one_in(2) ? 0x0000100f : word;
    case 0x73:
      return one_in(3) ? 0x00100073 : word & 0xfff0707f ? word : 0x00100073;
    default:
      return word;
  }
}

static void fill(unsigned char *code, unsigned from, unsigned length) {
  for (unsigned at = from & ~1u; at + 4 <= from + length && at + 4 <= CODE_BYTES;) {
    uint32_t word = instruction();
    unsigned bytes = (word & 3) == 3 ? 4 : 2;
    memcpy(code + at, &word, bytes);
    at += bytes;
  }
}

static void enter(unsigned char *code, unsigned char *data) {
  static uint64_t registers[32];
  for (int i = 0; i < 32; i++) registers[i] = one_in(3) ? next64() : (uint64_t)(one_in(2) ? data : code) + below(CODE_BYTES);
  unsigned char *target = code + (below(CODE_BYTES) & ~1u);
  __asm__ volatile(
      "mv t6, %0\n mv t5, %1\n"
      "ld ra, 0(t5)\n ld sp, 8(t5)\n ld a0, 16(t5)\n ld a1, 24(t5)\n ld a2, 32(t5)\n ld a3, 40(t5)\n"
      "ld a4, 48(t5)\n ld a5, 56(t5)\n ld a6, 64(t5)\n ld a7, 72(t5)\n ld s0, 80(t5)\n ld s1, 88(t5)\n"
      "ld t0, 96(t5)\n ld t1, 104(t5)\n ld t2, 112(t5)\n ld s2, 120(t5)\n fld fa0, 128(t5)\n fld fa1, 136(t5)\n"
      "jr t6\n" ::"r"(target), "r"(registers) : "memory");
}

static unsigned char *handled_code;

static void on_signal(int number, siginfo_t *info, void *context) {
  static int times;
  if (++times > 20) _exit(3);
  fill(handled_code, below(CODE_BYTES - 64), 64);
  if (one_in(4)) mprotect(handled_code + below(PAGES) * PAGE, PAGE, (int)below(8));
  if (one_in(4)) mprotect(handled_code, CODE_BYTES, 7);
  enter(handled_code, handled_code);
}

static void run(unsigned char *code) {
  static char stack[16384];
  stack_t alternate = {stack, 0, sizeof stack};
  static const struct rlimit limits[] = {{1, 1}, {32 << 20, 32 << 20}, {1 << 16, 1 << 16}, {2, 2}, {32, 32}};
  static const int resources[] = {RLIMIT_CPU, RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_NOFILE};
  static const int signals[] = {SIGSEGV, SIGILL, SIGBUS, SIGTRAP, SIGFPE};
  for (int i = 0; i < 5; i++) setrlimit(resources[i], &limits[i]);
  close_range(0, ~0u, 0);
  if (setresgid(3001, 3001, 3001) != 0 || setresuid(3001, 3001, 3001) != 0) _exit(96);
  handled_code = code;
  sigaltstack(&alternate, 0);
  for (int i = 0; i < 5; i++) handle_info(signals[i], on_signal, SA_ONSTACK | SA_NODEFER);
  unsigned char *data = mmap(0, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  enter(code, one_in(3) ? code : data);
}

/* Another process writes to the pages that the first executes. */
static void disturb(unsigned char *code) {
  for (int i = 0; i < 200; i++) {
    fill(code, below(CODE_BYTES - 16), 16);
    sched_yield();
  }
  _exit(0);
}

static void end(pid_t child, const sigset_t *set) {
  clockid_t clock = (clockid_t)(~(unsigned)child << 3 | 2);
  for (long limit = now_ms() + ROUND_MS;;) {
    if (waitpid(child, 0, WNOHANG) == child) return;
    struct timespec used = {0}, time = {0, PROCESSOR_MS * 1000000};
    clock_gettime(clock, &used);
    if (now_ms() >= limit || used.tv_nsec > PROCESSOR_MS * 1000000) kill(child, SIGKILL);
    sigtimedwait(set, 0, &time);
  }
}

int main(int count, char **arguments) {
  NEED(count == 3);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGCHLD), sigprocmask(SIG_BLOCK, &set, 0);
  unsigned char *code = mmap(0, CODE_BYTES, 7, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(code != MAP_FAILED);
  int rounds = atoi(arguments[2]);
  for (int i = 0; i < rounds; i++) {
    seed_random(strtoull(arguments[1], 0, 0), 1, (uint64_t)i);
    fill(code, 0, CODE_BYTES);
    pid_t other = 0;
    if (one_in(3)) {
      other = fork();
      NEED(other >= 0);
      if (other == 0) disturb(code);
    }
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) sigprocmask(SIG_UNBLOCK, &set, 0), run(code);
    end(child, &set);
    if (other != 0) end(other, &set);
    pid_t sweeper = fork();
    NEED(sweeper >= 0);
    if (sweeper == 0) {
      if (setresuid(3001, 3001, 3001) == 0) kill(-1, SIGKILL);
      _exit(0);
    }
    while (waitpid(sweeper, 0, 0) < 0 && errno == EINTR) continue;
  }
  say("%d rounds\n", rounds);
  return 0;
}
