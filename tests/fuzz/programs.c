/* Executes damaged programs, one after the other: programs SEED COUNT BASE...
 * Each is one of the bases with a few changes: in its headers, its dynamic section, its code or
 * anywhere; or cut off; or random bytes; or a script. A child executes it under limits; it must be
 * refused, be killed or end, and its parent sees which. A base is changed in place, and put right
 * again afterwards from a copy. */
#include "../syscalls/check.h"
#include "random.h"

enum { BASES_MAX = 8, CHANGES_MAX = 12, HEADER_BYTES = 64, PROGRAM_MS = 200, PROCESSOR_MS = 30 };

typedef struct {
  const char *path;
  unsigned char *original;
  uint32_t size;
} Base;

static Base bases[BASES_MAX];
static const uint64_t edges[] = {0,          1,          2,          0x7f,           0xff,
                                 0xfff,      0x1000,     0x1001,     0xffff,         0x10000,
                                 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,    0x3ffffff000,
                                 0x3fffffffff, 0x4000000000, 0x1fffffffffffff, 0x7fffffffffffffff,
                                 0xfffffffffffff000, 0xffffffffffffffff};

static void write_at(int file, uint32_t at, const void *bytes, uint32_t length) {
  NEED(pwrite(file, bytes, length, at) == (ssize_t)length);
}

/* Where a change goes: in the ELF header, a program header, the code at the entry, anywhere. */
static uint32_t place(const Base *base) {
  uint64_t entry = *(uint64_t *)(base->original + 24);
  switch (below(8)) {
    case 0:
      return below(HEADER_BYTES);
    case 1:
    case 2:
    case 3:
      return HEADER_BYTES + below(56 * 10);
    case 4:
      return (uint32_t)(entry & 0xffff) + below(64);
    case 5:
      return below(0x2000);
    default:
      return below(base->size);
  }
}

static void change(const Base *base, int file) {
  uint32_t at = place(base);
  uint64_t value = one_in(2) ? PICK(edges) : next64();
  uint32_t length = one_in(3) ? 1 : one_in(2) ? 2 : one_in(2) ? 4 : 8;
  if (one_in(2)) at &= ~(length - 1);
  if (at + length > base->size) at = base->size - length;
  if (one_in(4)) memcpy(&value, base->original + at, length), value += below(33) - 16;
  write_at(file, at, &value, length);
}

static void make(const Base *base, int file) {
  static unsigned char noise[4096];
  switch (below(24)) {
    case 0: /* cut off */
      NEED(ftruncate(file, below(one_in(2) ? base->size : 400)) == 0);
      return;
    case 1: /* random bytes, perhaps behind a sound beginning */
      for (int i = 0; i < 4096; i += 8) *(uint64_t *)(noise + i) = next64();
      write_at(file, one_in(2) ? 0 : below(120), noise, 3000);
      return;
    case 2: { /* a script, perhaps of itself */
      char line[300];
      int length = snprintf(line, sizeof line, "#!%s%s\n", one_in(2) ? base->path : one_in(2) ? "/mnt/none" : "", one_in(2) ? " a b" : "");
      if (one_in(2)) line[2 + below(length)] = (char)next64();
      write_at(file, 0, line, length);
      return;
    }
    default:
      for (unsigned count = 1 + below(one_in(4) ? CHANGES_MAX : 3); count > 0; count--) change(base, file);
  }
}

static void restore(const Base *base, int file) {
  NEED(ftruncate(file, base->size) == 0);
  static unsigned char now[65536];
  for (uint32_t at = 0; at < base->size; at += sizeof now) {
    uint32_t length = base->size - at < sizeof now ? base->size - at : sizeof now;
    NEED(pread(file, now, length, at) == (ssize_t)length);
    if (memcmp(now, base->original + at, length) != 0) write_at(file, at, base->original + at, length);
  }
}

static void execute(const Base *base) {
  static const struct {
    int resource;
    uint64_t value;
  } limits[] = {{RLIMIT_AS, 32 << 20}, {RLIMIT_CPU, 1}, {RLIMIT_FSIZE, 1 << 16}, {RLIMIT_NPROC, 4}, {RLIMIT_CORE, 0}};
  for (int i = 0; i < 5; i++) {
    struct rlimit both = {limits[i].value, limits[i].value};
    setrlimit(limits[i].resource, &both);
  }
  int none_at_all = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(none_at_all, i);
  close_range(3, ~0u, 0);
  if (setresgid(3000, 3000, 3000) != 0 || setresuid(3000, 3000, 3000) != 0) _exit(96);
  char *list[] = {(char *)base->path, "-c", "exit 5", 0}, *none[] = {0};
  execve(base->path, list, none);
  int known = errno == ENOEXEC || errno == EIO || errno == ENOENT || errno == EACCES || errno == ELIBBAD ||
              errno == ENOMEM || errno == EINVAL || errno == ELOOP || errno == EFAULT || errno == ENAMETOOLONG || errno == ENOTDIR || errno == EPERM;
  _exit(known ? 77 : 78);
}

/* Waits for the child's end; who runs for too long is killed. */
static int end_of(pid_t child, const sigset_t *set) {
  int status;
  clockid_t clock = (clockid_t)(~(unsigned)child << 3 | 2);
  for (long end = now_ms() + PROGRAM_MS;;) {
    if (waitpid(child, &status, WNOHANG) == child) return status;
    struct timespec used = {0}, time = {0, PROCESSOR_MS * 1000000};
    clock_gettime(clock, &used);
    if (now_ms() >= end || used.tv_nsec > PROCESSOR_MS * 1000000) kill(child, SIGKILL);
    sigtimedwait(set, 0, &time);
  }
}

int main(int count, char **arguments) {
  int base_count = count - 3, refused = 0, killed = 0, ended = 0, lost = 0;
  NEED(base_count > 0 && base_count <= BASES_MAX);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGCHLD), sigprocmask(SIG_BLOCK, &set, 0);
  int files[BASES_MAX];
  for (int i = 0; i < base_count; i++) {
    struct stat about;
    bases[i].path = arguments[3 + i];
    files[i] = open(bases[i].path, O_RDWR);
    NEED(files[i] >= 0 && fstat(files[i], &about) == 0);
    bases[i].size = (uint32_t)about.st_size;
    bases[i].original = malloc(bases[i].size);
    NEED(pread(files[i], bases[i].original, bases[i].size, 0) == (ssize_t)bases[i].size);
    close(files[i]);
  }
  int total = atoi(arguments[2]);
  for (int i = 0; i < total; i++) {
    seed_random(strtoull(arguments[1], 0, 0), 0, (uint64_t)i);
    const Base *base = &bases[below((unsigned)base_count)];
    int file = open(base->path, O_RDWR | O_CLOEXEC);
    NEED(file >= 0);
    make(base, file);
    close(file);
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) sigprocmask(SIG_UNBLOCK, &set, 0), execute(base);
    int status = end_of(child, &set);
    if (WIFSIGNALED(status)) killed++;
    else if (WEXITSTATUS(status) == 77) refused++;
    else if (WEXITSTATUS(status) == 78) lost++;
    else ended++;
    file = open(base->path, O_RDWR | O_CLOEXEC);
    NEED(file >= 0);
    restore(base, file);
    close(file);
  }
  say("%d of %d; some refused: %d, some killed: %d, some run: %d, lost: %d\n", refused + killed + ended,
      total, refused > 0, killed > 0, ended > 0, lost);
  return 0;
}
