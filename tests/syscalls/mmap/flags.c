/* mmap's flags: MAP_POPULATE, MAP_GROWSDOWN, MAP_STACK, MAP_NORESERVE, hints, PROT_NONE, PROT_EXEC,
 * descriptors that cannot be mapped.
 * qemu differs: version 7.2 does not populate. */
#include "check.h"
#include <setjmp.h>

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };

static volatile int code, number;
static char *volatile place;
static sigjmp_buf back;
static void on_fault(int signal_number, siginfo_t *info, void *context) {
  number = signal_number, code = info->si_code, place = info->si_addr;
  siglongjmp(back, 1);
}

/* How an access ends: the signal, its code, and whether the address is the one touched. */
static void touch(const char *what, volatile char *address, int write) {
  if (sigsetjmp(back, 1) == 0) {
    if (write) *address = 1;
    else (void)*address;
    say("%s: fine\n", what);
  } else {
    say("%s: %s code %d, %s\n", what, signal_name(number), code,
        place == address ? "there" : "elsewhere");
  }
}

static int resident(void *address) {
  unsigned char vector;
  NEED(mincore(address, PAGE, &vector) == 0);
  return vector & 1;
}

int main(void) {
  handle_info(SIGSEGV, on_fault, 0);
  handle_info(SIGBUS, on_fault, 0);
  char *lazy = mmap(0, 4 * PAGE, BOTH, ANONYMOUS, -1, 0);
  char *eager = mmap(0, 4 * PAGE, BOTH, ANONYMOUS | MAP_POPULATE, -1, 0);
  say("populated: %d %d\n", resident(lazy + PAGE), resident(eager + PAGE));
  char *none = mmap(0, PAGE, PROT_NONE, ANONYMOUS, -1, 0);
  touch("PROT_NONE", none + 7, 0);
  RESULT(mprotect(none, PAGE, PROT_READ));
  touch("read of read-only", none + 7, 0);
  touch("write to read-only", none + 7, 1);
  RESULT(munmap(none, PAGE));
  touch("unmapped", none + 7, 0);
  touch("null", (char *)0, 1);
  touch("beyond user memory", (char *)-PAGE, 0);

  /* A file's last page, and what is behind it. */
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0 && ftruncate(file, PAGE + 1) == 0);
  char *mapped = mmap(0, 4 * PAGE, BOTH, MAP_SHARED, file, 0);
  char *own = mmap(0, 4 * PAGE, BOTH, MAP_PRIVATE, file, 0);
  NEED(mapped != MAP_FAILED && own != MAP_FAILED);
  touch("last byte of the last page", mapped + 2 * PAGE - 1, 1);
  touch("behind it", mapped + 2 * PAGE, 1);
  touch("behind it, private", own + 2 * PAGE, 1);
  own[PAGE] = 'p';
  NEED(ftruncate(file, 3 * PAGE) == 0);
  touch("grown", mapped + 2 * PAGE, 1);
  mapped[0] = 's';
  NEED(ftruncate(file, 100) == 0);
  touch("truncated", mapped + PAGE, 0);
  touch("truncated, a private copy", own + PAGE, 0);
  IS(mapped[0] == 's');
  NEED(ftruncate(file, 0) == 0);
  touch("truncated to nothing", mapped, 0);
  char *far = mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 1 << 20);
  IS(far != MAP_FAILED);
  touch("offset behind the end", far, 0);

  /* A mapping that grows downwards. */
  char *area = mmap(0, 64 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
  NEED(munmap(area, 64 * PAGE) == 0);
  char *zero = mmap(0, 2 * PAGE, BOTH, ANONYMOUS, open("/dev/zero", O_RDWR), 0);
  IS(zero != MAP_FAILED && zero[5] == 0);
  char *hint = mmap(area + 100, PAGE, PROT_READ, ANONYMOUS, -1, 0);
  IS(hint == area || hint == area + PAGE);
  SUCCESS((long)mmap(0, PAGE, BOTH, ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED | MAP_GROWSDOWN, file, 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));

  int device = open("/dev/zero", O_RDWR);
  char *zeros = mmap(0, 2 * PAGE, BOTH, MAP_SHARED, device, 0);
  IS(zeros != MAP_FAILED && zeros[0] == 0);
  zeros[0] = 'z';
  IS(zeros[0] == 'z');
  char *more = mmap(0, PAGE, BOTH, MAP_PRIVATE, device, PAGE);
  IS(more != MAP_FAILED && more[9] == 0);
  pid_t child = fork();
  if (child == 0) {
    zeros[1] = 'c', more[9] = 'c';
    _exit(0);
  }
  reap("child", child);
  say("shared %d, private %d\n", zeros[1] == 'c', more[9] == 'c');
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, open("/dev/null", O_RDWR), 0));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, open(".", O_RDONLY), 0));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, open("file", O_WRONLY), 0));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, open("file", O_PATH), 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED, open("file", O_RDONLY), 0));
  RESULT((long)mmap(0, PAGE, PROT_WRITE, MAP_SHARED, open("file", O_WRONLY), 0));
  SUCCESS((long)mmap(0, PAGE, BOTH, MAP_PRIVATE, open("file", O_RDONLY), 0));
  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED, open("file", O_RDONLY | O_APPEND), 0));
  return 0;
}
