/* /proc/PID/pagemap: which pages are there, whether they are a file's, and whose alone.
 * qemu differs: it shows the pages of its own process. */
#include "check.h"

static int map;
static volatile char *memory;

static uint64_t entry_of(volatile char *page) {
  uint64_t entry = 0;
  NEED(pread(map, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) == 8);
  return entry;
}
static void show(const char *what, volatile char *page) {
  uint64_t entry = entry_of(page);
  say("%s: present %d, file %d, exclusive %d\n", what, (int)(entry >> 63), (int)(entry >> 61 & 1),
      (int)(entry >> 56 & 1));
}
static int in_child(void) {
  NEED((map = open("/proc/self/pagemap", O_RDONLY)) >= 0);
  show("child's, of both", memory + 2 * PAGE);
  memory[2 * PAGE] = 2;
  show("child's copy", memory + 2 * PAGE);
  return 0;
}
static volatile char *mapped(int flags, int file) {
  volatile char *at = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
  NEED(at != MAP_FAILED);
  madvise((void *)at, 8 * PAGE, MADV_NOHUGEPAGE);
  return at;
}

int main(void) {
  NEED((map = open("/proc/self/pagemap", O_RDONLY)) >= 0);
  memory = mapped(MAP_PRIVATE | MAP_ANONYMOUS, -1);
  show("untouched", memory);
  (void)memory[PAGE];
  show("read", memory + PAGE);
  memory[2 * PAGE] = 1;
  show("written", memory + 2 * PAGE);
  reap("child", spawn(in_child));
  show("alone again", memory + 2 * PAGE);
  madvise((void *)memory, 8 * PAGE, MADV_DONTNEED);
  show("given back", memory + 2 * PAGE);

  int file = open("/tmp/pages", O_RDWR | O_CREAT | O_TRUNC, 0600);
  NEED(file >= 0 && ftruncate(file, 8 * PAGE) == 0);
  volatile char *shared = mapped(MAP_SHARED, file), *private = mapped(MAP_PRIVATE, file);
  shared[0] = 1;
  show("file", shared);
  (void)private[0];
  show("file, in two mappings", private);
  private[0] = 2;
  show("copy of a file's page", private);
  show("file, in one mapping", shared);
  NEED(munmap((void *)shared, 8 * PAGE) == 0);
  show("unmapped", shared);
  int populates = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
  volatile char *there = mapped(populates, -1);
  for (int i = 0, count = 0; i < 8; i++) {
    count += (int)(entry_of(there + i * PAGE) >> 63);
    if (i == 7) say("populated: %d\n", count);
  }

  uint64_t entries[8];
  RESULT(pread(map, entries, 64, (off_t)((uintptr_t)there / PAGE * 8)));
  RESULT(pread(map, entries, 63, 0));
  RESULT(pread(map, entries, 64, 4));
  RESULT(pread(map, entries, 0, 0));
  RESULT(pread(map, entries, 64, (off_t)1 << 50));
  RESULT(pread(map, bad_pointer(), 64, 0));
  RESULT(open("/proc/self/pagemap", O_WRONLY | O_CREAT | O_EXCL, 0600));
  return 0;
}
