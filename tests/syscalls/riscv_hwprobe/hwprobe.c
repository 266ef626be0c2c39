/* riscv_hwprobe: what an RV64GC processor answers; unknown keys; sets of processors; refusals. And
 * riscv_flush_icache's flags.
 * riscv64 only: a call of this processor.
 * qemu differs: version 7.2 does not have it. */
#include "check.h"

struct pair {
  int64_t key;
  uint64_t value;
};
static struct pair pairs[4];

static long probe(struct pair *at, size_t count, size_t bytes, void *set, unsigned flags) {
  return syscall(258, at, count, bytes, set, flags);
}

int main(void) {
  pairs[0].key = 3, pairs[1].key = 4, pairs[2].key = 5, pairs[3].key = 999;
  pairs[3].value = 7;
  RESULT(probe(pairs, 4, 0, 0, 0));
  say("base %ld, extensions %ld, unaligned %ld, unknown %ld %ld\n", (long)pairs[0].value,
      (long)pairs[1].value & 3, (long)pairs[2].value, (long)pairs[3].key, (long)pairs[3].value);
  unsigned long set = 1;
  pairs[0].key = 7;
  RESULT(probe(pairs, 1, sizeof set, &set, 0));
  IS(pairs[0].value == ((uint64_t)1 << 38) - 1);
  set = 0;
  RESULT(probe(pairs, 1, sizeof set, &set, 0));
  RESULT(probe(pairs, 0, 0, 0, 0));
  RESULT(probe(pairs, 1, 0, 0, 2));
  RESULT(probe(pairs, 1, 0, 0, 1));
  RESULT(probe(bad_pointer(), 1, 0, 0, 0));
  RESULT(probe(pairs, 1, sizeof set, bad_pointer(), 0));
  pairs[0].key = 4, pairs[0].value = 3;
  set = 0;
  RESULT(probe(pairs, 1, sizeof set, &set, 1));
  say("with these: %lu\n", set);
  pairs[0].value = 4;
  RESULT(probe(pairs, 1, sizeof set, &set, 1));
  say("with a vector unit: %lu\n", set);
  RESULT(syscall(259, main, main, 0));
  RESULT(syscall(259, main, main, 1));
  RESULT(syscall(259, main, main, 2));
  return 0;
}
