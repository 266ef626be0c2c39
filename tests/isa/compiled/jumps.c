/*
 * Jumps from one function to another: tail calls, also without end, a linkage table as the static
 * linker makes it, calls from the far end of a function that is too long for a region.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#define NOINLINE __attribute__((noinline, noclone))

typedef uint64_t (*Step)(uint64_t count, uint64_t sum);

static uint64_t odd(uint64_t count, uint64_t sum);
static uint64_t thrice(uint64_t count, uint64_t sum);

/* With sibling calls these are jumps: what is behind them is reached by the last one only. */
NOINLINE static uint64_t even(uint64_t count, uint64_t sum) {
    return count == 0 ? sum : odd(count - 1, sum * 3 + 1);
}
NOINLINE static uint64_t odd(uint64_t count, uint64_t sum) {
    return count == 0 ? ~sum : thrice(count - 1, sum ^ count);
}
NOINLINE static uint64_t thrice(uint64_t count, uint64_t sum) {
    return count == 0 ? sum + 1 : even(count - 1, (sum << 7) | (sum >> 57));
}

static Step volatile steps[4] = {even, odd, thrice, even};

/* By a register, to whichever the count says. */
NOINLINE static uint64_t any(uint64_t count, uint64_t sum) {
    return steps[(count ^ sum) & 3](count, sum);
}

/* As an entry of a procedure linkage table: the link is none. */
uint64_t behind_table(uint64_t count, uint64_t sum) __asm__("behind_table");
uint64_t behind_table(uint64_t count, uint64_t sum) { return sum * 31 + count; }
uint64_t linked(uint64_t count, uint64_t sum);
static Step volatile table = behind_table;
__asm__(".text\n.globl linked\nlinked:\n"
        "  la t3, slot\n  ld t3, 0(t3)\n  ld t3, 0(t3)\n  jalr t1, t3\n  nop\n"
        ".data\n.align 3\nslot: .dword table_pointer\n.text\n");
Step table_pointer = behind_table;

/* Longer than a region; with calls up to its end. */
#define ONE(n) sum = linked(n, sum) ^ (sum >> ((n) % 13 + 1)); \
    if ((sum & 0x3f) == (n) % 64) sum += odd((n) % 7, sum);
#define TEN(n) ONE(n) ONE(n + 1) ONE(n + 2) ONE(n + 3) ONE(n + 4) ONE(n + 5) ONE(n + 6) \
    ONE(n + 7) ONE(n + 8) ONE(n + 9)
NOINLINE static uint64_t lengthy(uint64_t sum) {
    TEN(0) TEN(10) TEN(20) TEN(30) TEN(40) TEN(50) TEN(60) TEN(70) TEN(80) TEN(90)
    return sum;
}

static jmp_buf place;
static volatile int is_set = 1;
NOINLINE static void leave(uint64_t count) {
    if (count == 0 && is_set) longjmp(place, 1);
    if (count > 0) leave(count - 1);
    __asm__ volatile("" ::: "memory");
}

NOINLINE static uint64_t recurse(uint64_t depth, uint64_t sum) {
    if (depth == 0) return any(40, sum);
    return recurse(depth - 1, any(depth & 7, sum)) + depth;
}

int main(void) {
    printf("%016lx\n", even(300000, 1));
    uint64_t sum = 2;
    for (uint64_t i = 0; i < 30000; i++) sum = any(i & 31, sum) + linked(i, sum);
    printf("%016lx %d\n", sum, table == table_pointer);
    for (int i = 0; i < 300; i++) sum = lengthy(sum);
    printf("%016lx\n", sum);
    for (uint64_t i = 0; i < 300; i++) {
        if (setjmp(place) == 0) leave(i);
        sum = recurse(i, sum);
    }
    printf("%016lx\n", sum);
    return 0;
}
