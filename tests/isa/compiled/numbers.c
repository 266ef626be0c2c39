/* Loops over arrays of numbers: products of matrices, tables, sums, what a compiler makes of them. */
#include "report.h"

#define SIDE 24

#define MATRICES(type, name)                                                        \
    static type name##_a[SIDE * SIDE], name##_b[SIDE * SIDE], name##_c[SIDE * SIDE]; \
    __attribute__((noinline)) static void multiply_##name(void) {                   \
        for (int row = 0; row < SIDE; row++)                                        \
            for (int column = 0; column < SIDE; column++) {                         \
                type sum = 0;                                                       \
                for (int at = 0; at < SIDE; at++)                                   \
                    sum += name##_a[row * SIDE + at] * name##_b[at * SIDE + column];                \
                name##_c[row * SIDE + column] = sum;                                        \
            }                                                                       \
    }                                                                               \
    static void try_##name(void) {                                                  \
        for (int at = 0; at < SIDE * SIDE; at++) {                                  \
            name##_a[at] = (type)(int64_t)random_number() / 3;                   \
            name##_b[at] = (type)(int32_t)random_number() / 5;                   \
        }                                                                           \
        multiply_##name();                                                          \
        note(sum_of(name##_c, sizeof name##_c));                                    \
    }

MATRICES(int8_t, bytes)
MATRICES(int16_t, halves)
MATRICES(uint32_t, words)
MATRICES(uint64_t, longs)
MATRICES(float, floats)
MATRICES(double, doubles)

static uint32_t table[256];
static uint32_t histogram[256];
static uint8_t data[5 * PAGE + 77];
static int64_t sums[3000];
static int32_t sources[3000];

__attribute__((noinline)) static void make_table(void) {
    for (uint32_t number = 0; number < 256; number++) {
        uint32_t rest = number;
        for (int bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ rest >> 1 : rest >> 1;
        table[number] = rest;
    }
}

__attribute__((noinline)) static uint32_t check(const uint8_t *at, size_t count) {
    uint32_t rest = ~0u;
    while (count-- > 0) rest = table[(rest ^ *at++) & 255] ^ rest >> 8;
    return ~rest;
}

__attribute__((noinline)) static void add_up(int64_t *to, const int32_t *from, int count) {
    int64_t sum = 0;
    for (int at = 0; at < count; at++) to[at] = sum += from[at];
}

__attribute__((noinline)) static void add_up_in_place(int32_t *at, int count) {
    for (int index = 1; index < count; index++) at[index] += at[index - 1];
}

__attribute__((noinline)) static void count_bytes(const uint8_t *at, size_t count) {
    for (size_t index = 0; index < count; index++) histogram[at[index]]++;
}

__attribute__((noinline)) static void turn_round(uint8_t *at, size_t count) {
    for (uint8_t *end = at + count - 1; at < end; at++, end--) {
        uint8_t kept = *at;
        *at = *end;
        *end = kept;
    }
}

__attribute__((noinline)) static int64_t clip(int32_t *at, int count, int32_t least, int32_t most) {
    int64_t changed = 0;
    for (int index = 0; index < count; index++) {
        if (at[index] < least) {
            at[index] = least;
            changed++;
        } else if (at[index] > most) {
            at[index] = most;
            changed += 1000;
        } else if (at[index] & 1) continue;
        else changed += at[index] & 7;
    }
    return changed;
}

__attribute__((noinline)) static int merge(int32_t *to, const int32_t *one, const int32_t *other,
                                           int count) {
    const int32_t *ends[] = {one + count, other + count};
    int32_t *start = to;
    while (one < ends[0] && other < ends[1]) {
        if (*one < *other) *to++ = *one++;
        else if (*other < *one) *to++ = *other++;
        else {
            *to++ = *one++;
            other++;
        }
    }
    while (one < ends[0]) *to++ = *one++;
    while (other < ends[1]) *to++ = *other++;
    return to - start;
}

struct entry {
    int16_t kind;
    uint8_t flags;
    int64_t value;
    struct entry *link;
    char name[13];
};

static struct entry entries[600];

__attribute__((noinline)) static int64_t fields(struct entry *at, int count) {
    int64_t sum = 0;
    for (struct entry *end = at + count; at != end; at++) {
        if (at->flags & 1) at->value += at->kind;
        else if (at->flags & 2) {
            at->kind++;
            if (at->value < 0) continue;
            sum += at->name[at->kind & 7];
        }
        sum += at->value * 3 + at->link->kind;
        at->name[12]++;
    }
    return sum;
}

static void try_arrays(int round) {
    for (size_t at = 0; at < sizeof data; at++) data[at] = random_number() >> 11;
    note(check(data + round, sizeof data - 2 * round));
    count_bytes(data + round, sizeof data - 3 * round);
    note(sum_of(histogram, sizeof histogram));
    turn_round(data + round, sizeof data - 5 * round);
    note(sum_of(data, sizeof data));
    for (int at = 0; at < 3000; at++) sources[at] = (int32_t)random_number() / 64;
    add_up(sums, sources, 3000 - round);
    note(sum_of(sums, sizeof sums));
    add_up_in_place(sources + round, 3000 - 2 * round);
    note(sum_of(sources, sizeof sources));
    note(clip(sources + round, 2900, -100000000, 100000000));
    note(merge((int32_t *)sums, sources, sources + 1500 - round, 1400));
    note(sum_of(sums, sizeof sums));
    for (int at = 0; at < 600; at++) {
        struct entry one = {random_number(), random_number(), random_number(), 0, "abcdefghijkl"};
        one.link = &entries[random_number() % 600];
        entries[at] = one;
    }
    note(fields(entries + round, 600 - round));
    note(fields(entries, 600));
}

int main(void) {
    make_table();
    for (int round = 0; round < 10; round++) {
        try_bytes();
        try_halves();
        try_words();
        try_longs();
        try_floats();
        try_doubles();
        try_arrays(round);
    }
    return report();
}
