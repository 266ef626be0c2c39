/* Random values that a system call might stumble over: numbers at edges, pointers of every kind,
 * descriptors, paths. Memory that is pointed at is the arena, which is refilled all the time. */
#ifndef VALUES_H
#define VALUES_H
#include "../syscalls/check.h"
#include "random.h"

enum { ARENA_PAGES = 32, SCRATCH_BYTES = ARENA_PAGES * PAGE };

/* Of the arena the last page may only be read, and behind it nothing is mapped. */
static unsigned char *arena;
static unsigned char *hole;
/* A shared mapping, which other processes of the batch see as well. */
static unsigned char *common;
static int allowed_process_base;

static const uint64_t edges[] = {0,
                                 1,
                                 2,
                                 7,
                                 8,
                                 15,
                                 16,
                                 63,
                                 64,
                                 127,
                                 128,
                                 255,
                                 256,
                                 1023,
                                 1024,
                                 4095,
                                 4096,
                                 4097,
                                 65535,
                                 65536,
                                 65537,
                                 0xfffff,
                                 0x100000,
                                 0x7fffefff,
                                 0x7ffff000,
                                 0x7fffffff,
                                 0x80000000,
                                 0xfffff000,
                                 0xffffffff,
                                 0x100000000,
                                 0x100000001,
                                 0x3ffffff000,
                                 0x3fffffffff,
                                 0x4000000000,
                                 0x7fffffffffff,
                                 0x1fffffffffffff,
                                 0x20000000000000,
                                 0x20000000000001,
                                 0x7fffffffffffffff,
                                 0x8000000000000000,
                                 0xfffffffffffff000,
                                 0xfffffffffffffffe,
                                 0xffffffffffffffff};

static uint64_t edge_value(void) {
  uint64_t value = PICK(edges);
  if (one_in(4)) value += below(5) - 2;
  if (one_in(8)) value = -value;
  return value;
}

static uint64_t number_value(void) {
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return below(17);
    case 3:
      return below(5000);
    case 4:
      return (uint64_t)1 << below(64);
    case 5:
      return next64() >> below(64);
    default:
      return edge_value();
  }
}

static uint64_t length_value(void) {
  switch (below(8)) {
    case 0:
      return edge_value();
    case 1:
      return below(3) * PAGE + below(3) - 1;
    case 2:
      return below(70000);
    default:
      return below(200);
  }
}

/* Flags: few bits, at the places where calls have them. */
static uint64_t flag_bits(void) {
  uint64_t value = 0;
  if (one_in(3)) return 0;
  if (one_in(16)) return next64();
  for (unsigned count = 1 + below(4); count > 0; count--) value |= (uint64_t)1 << below(one_in(8) ? 64 : 24);
  return value;
}

static void *arena_pointer(void) {
  unsigned offset = below(SCRATCH_BYTES);
  switch (below(6)) {
    case 0: /* just before the end of what may be written, or of all */
      offset = SCRATCH_BYTES - (one_in(2) ? PAGE : 0) - below(64);
      break;
    case 1: /* at the end of a page */
      offset = (1 + below(ARENA_PAGES - 1)) * PAGE - below(32);
      break;
    default:
      offset &= ~7u;
  }
  return arena + offset;
}

static uint64_t pointer(void) {
  switch (below(16)) {
    case 0:
      return 0;
    case 1:
      return (uint64_t)hole + below(PAGE);
    case 2:
      return edge_value();
    case 3:
      return next64() >> below(40);
    case 4:
      return (uint64_t)common + below(PAGE);
    case 5: /* code and constants */
      return (uint64_t)&edges - below(0x8000);
    case 6:
      return one_in(8) ? (uint64_t)__builtin_frame_address(0) + below(512) : (uint64_t)arena;
    default:
      return (uint64_t)arena_pointer();
  }
}

/* A descriptor: mostly one of the first, of which most are open. */
static int descriptor(void) {
  switch (below(12)) {
    case 0:
      return (int)edge_value();
    case 1:
      return -100;
    case 2:
      return -1;
    default:
      return (int)below(40);
  }
}

/* A process or thread: itself, its children, its group; others only as far as they may be met. */
static int process_id(void) {
  int own = (int)syscall(SYS_gettid);
  switch (below(8)) {
    case 0:
      return 0;
    case 1:
      return allowed_process_base ? own : -1;
    case 2:
      return -own;
    case 3:
      return own + (int)below(6);
    case 4:
      return allowed_process_base ? own + 1 : (int)below(400);
    case 5:
      return allowed_process_base ? 0x7fffffff : (int)edge_value();
    default:
      return own;
  }
}

static const char *const paths[] = {"a",
                                    "b",
                                    "c",
                                    "d",
                                    "d/e",
                                    "d/../a",
                                    "d/e/f",
                                    "link",
                                    "loop",
                                    "fifo",
                                    "socket",
                                    ".",
                                    "..",
                                    "",
                                    "/",
                                    "//",
                                    "./././d/./e",
                                    "program",
                                    "script",
                                    "__proto__",
                                    "constructor",
                                    "hasOwnProperty",
                                    "\xff\xfe\x80",
                                    "/tmp/x",
                                    "/tmp/y",
                                    "/mnt/fuzz",
                                    "/mnt/monitor/secret",
                                    "/proc",
                                    "/proc/self",
                                    "/proc/self/maps",
                                    "/proc/self/mem",
                                    "/proc/self/fd/3",
                                    "/proc/self/exe",
                                    "/proc/self/stat",
                                    "/proc/self/status",
                                    "/proc/self/task/1/stat",
                                    "/proc/self/environ",
                                    "/proc/self/comm",
                                    "/proc/self/oom_score_adj",
                                    "/proc/self/pagemap",
                                    "/proc/self/mountinfo",
                                    "/proc/1/fd/0",
                                    "/proc/sys/kernel/hostname",
                                    "/proc/mounts",
                                    "/proc/meminfo",
                                    "/proc/stat",
                                    "/dev",
                                    "/dev/null",
                                    "/dev/zero",
                                    "/dev/full",
                                    "/dev/random",
                                    "/dev/tty",
                                    "/dev/ptmx",
                                    "/dev/pts/0",
                                    "/dev/pts/1",
                                    "/dev/console",
                                    "/dev/mem",
                                    "/dev/fd/4",
                                    "/dev/vport0p1",
                                    "user.name",
                                    "trusted.x",
                                    "security.x",
                                    "system.posix_acl_access",
                                    "tmpfs",
                                    "proc",
                                    "devpts",
                                    "size=64k,mode=700",
                                    "size=99999999999999999999%,nr_inodes=0x7f,uid=-1,=,,"};

/* Writes a path into the arena: a known one, one below another, a very long one. */
static char *path_value(void) {
  char *place = (char *)arena + (below(ARENA_PAGES - 3)) * PAGE;
  char *known = (char *)PICK(paths);
  unsigned length;
  switch (below(12)) {
    case 0:
      return (char *)pointer();
    case 1:
      length = one_in(2) ? 250 + below(10) : 4090 + below(10);
      memset(place, one_in(2) ? 'x' : '/', length);
      place[length] = 0;
      return place;
    case 2:
      place += PAGE - 32;
      snprintf(place, 32, "%s/%s", known, PICK(paths));
      return place;
    case 3:
      place = (char *)arena + SCRATCH_BYTES - PAGE - 1 - strlen(known);
      strcpy(place, known);
      return place;
    default:
      strcpy(place, known);
      return place;
  }
}

/* Any word: what a structure may be made of. */
static uint64_t word(void) {
  switch (below(8)) {
    case 0:
    case 1:
      return pointer();
    case 2:
      return (uint32_t)descriptor() | (uint64_t)flag_bits() << 32;
    case 3:
      return length_value();
    case 4:
      return next64();
    case 5:
      return 0;
    default:
      return number_value();
  }
}
#endif
