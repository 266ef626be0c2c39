/* mmap under limits: RLIMIT_AS, RLIMIT_DATA, more than there is at all, MAP_NORESERVE, no room in
 * the address space, lengths and offsets that overflow.
 * qemu differs: version 7.2 keeps limits of memory from programs, and knows no MAP_SHARED_VALIDATE. */
#include "check.h"

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };
static const size_t terabyte = (size_t)1 << 40;

static int address_space(void) {
  struct rlimit limit = {256 << 20, 256 << 20};
  RESULT(setrlimit(RLIMIT_AS, &limit));
  RESULT((long)mmap(0, 256 << 20, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0));
  char *half = mmap(0, 128 << 20, PROT_NONE, ANONYMOUS, -1, 0);
  IS(half != MAP_FAILED);
  RESULT((long)mremap(half, 128 << 20, 256 << 20, MREMAP_MAYMOVE));
  /* What a fixed mapping replaces does not count. */
  IS(mmap(half, 128 << 20, PROT_NONE, ANONYMOUS | MAP_FIXED, -1, 0) == half);
  RESULT(munmap(half, 128 << 20));
  SUCCESS((long)mmap(0, 128 << 20, PROT_READ, ANONYMOUS, -1, 0));
  return 0;
}

static int data(void) {
  struct rlimit limit = {16 << 20, 16 << 20};
  RESULT(setrlimit(RLIMIT_DATA, &limit));
  RESULT((long)mmap(0, 16 << 20, BOTH, ANONYMOUS, -1, 0));
  char *read_only = mmap(0, 16 << 20, PROT_READ, ANONYMOUS, -1, 0);
  IS(read_only != MAP_FAILED);
  RESULT(mprotect(read_only, 16 << 20, BOTH));
  RESULT(mprotect(read_only, 8 << 20, BOTH));
  SUCCESS((long)mmap(0, 16 << 20, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  char *end = sbrk(0);
  IS(sbrk(16 << 20) == (void *)-1 && errno == ENOMEM);
  IS(sbrk(0) == end);
  return 0;
}

int main(void) {
  reap("address space", spawn(address_space));
  reap("data", spawn(data));
  RESULT((long)mmap(0, terabyte * 100000, BOTH, ANONYMOUS, -1, 0));
  RESULT((long)mmap(0, (size_t)-PAGE, PROT_READ, ANONYMOUS, -1, 0));
  RESULT((long)mmap(0, (size_t)-1, PROT_READ, ANONYMOUS, -1, 0));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0);
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_SHARED, file, -PAGE));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 1));
  RESULT((long)mmap(0, PAGE, PROT_READ, 0, file, 0));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, file, 0));
  SUCCESS((long)mmap(0, PAGE, PROT_READ, MAP_SHARED | 0x20000000, file, 0));
  SUCCESS((long)mmap(0, PAGE, PROT_READ, MAP_SHARED_VALIDATE, file, 0));
  RESULT((long)mmap((void *)PAGE, (size_t)1 << 56, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0));
  /* Memory is promised, not reserved: some gigabytes of it are there for those who ask so. */
  char *promised = mmap(0, (size_t)8 << 30, BOTH, ANONYMOUS | MAP_NORESERVE, -1, 0);
  IS(promised != MAP_FAILED);
  promised[(size_t)5 << 30] = 1;
  IS(promised[(size_t)7 << 30] == 0);
  RESULT(munmap(promised, (size_t)8 << 30));
  return 0;
}
