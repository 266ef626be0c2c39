/* Loops over bytes and words at all alignments around the ends of pages, as programs have
 * them where they call no function for it. */
#include "report.h"

#define AREA_BYTES (4 * PAGE)

static uint8_t *from, *to;

/* These are not to become calls of the C library's. */
#define PLAIN __attribute__((noinline, optimize("no-tree-loop-distribute-patterns")))

PLAIN static void copy_bytes(uint8_t *target, const uint8_t *source, size_t count) {
    while (count-- > 0) *target++ = *source++;
}

PLAIN static void copy_words(uint64_t *target, const uint64_t *source, size_t count) {
    for (size_t at = 0; at < count; at++) target[at] = source[at];
}

PLAIN static void move_bytes(uint8_t *target, const uint8_t *source, size_t count) {
    if (target <= source) {
        for (size_t at = 0; at < count; at++) target[at] = source[at];
    } else {
        for (size_t at = count; at > 0; at--) target[at - 1] = source[at - 1];
    }
}

PLAIN static void fill_bytes(uint8_t *target, int value, size_t count) {
    for (uint8_t *end = target + count; target != end; target++) *target = value;
}

PLAIN static size_t length_of(const char *text) {
    const char *at = text;
    while (*at) at++;
    return at - text;
}

PLAIN static int compare_texts(const uint8_t *one, const uint8_t *other) {
    for (; *one && *one == *other; one++) other++;
    return *one - *other;
}

PLAIN static const uint8_t *find_byte(const uint8_t *at, int value, size_t count) {
    for (; count > 0; at++, count--)
        if (*at == value) return at;
    return 0;
}

PLAIN static int compare_backwards(const uint8_t *one, const uint8_t *other, size_t count) {
    one += count;
    other += count;
    while (count-- > 0)
        if (*--one != *--other) return *one < *other ? -1 : 1;
    return 0;
}

PLAIN static uint64_t copy_with_escapes(uint8_t *target, const uint8_t *source, size_t count) {
    uint64_t escapes = 0;
    uint8_t *start = target;
    for (size_t at = 0; at < count; at++) {
        uint8_t byte = source[at];
        if (byte == '\\') {
            *target++ = '\\';
            *target++ = byte;
            escapes++;
            continue;
        }
        if (byte < 32) {
            *target++ = '^';
            byte += 64;
            escapes += 3;
        } else if (byte > 200) {
            if (byte & 1) escapes += 5;
            else continue;
        }
        *target++ = byte;
    }
    return escapes * 100003 + (target - start);
}

static void refill(void) {
    for (size_t at = 0; at < AREA_BYTES; at++) from[at] = random_number() >> 7;
    for (size_t at = 0; at < AREA_BYTES; at++) to[at] = at;
}

static void at_end(size_t count, size_t apart) {
    uint8_t *source = from + AREA_BYTES - count - apart;
    uint8_t *target = to + AREA_BYTES - count;
    copy_bytes(target, source, count);
    move_bytes(from + apart, from, count);
    move_bytes(from, from + apart, count);
    note(sum_of(target, count) + compare_backwards(source, target, count));
    fill_bytes(to, count, count);
    note(sum_of(to, count + 8));
    note((uint64_t)find_byte(target, 0x77, count) - (uint64_t)target);
    uint8_t last = from[AREA_BYTES - 1], last_copy = to[AREA_BYTES - 1];
    from[AREA_BYTES - 1] = to[AREA_BYTES - 1] = 0;
    note(length_of((char *)source) * 31 + compare_texts(source, target));
    fill_bytes(target, 'a', count - 1);
    note(length_of((char *)target));
    from[AREA_BYTES - 1] = last;
    to[AREA_BYTES - 1] = last_copy;
}

int main(void) {
    from = guarded(AREA_BYTES);
    to = guarded(AREA_BYTES);
    static const uint16_t counts[] = {1, 2, 7, 8, 9, 31, 64, 100, 500, 4095, 4096, 4097, 6000, 9000};
    refill();
    for (size_t one = 0; one < sizeof counts / sizeof *counts; one++)
        for (size_t apart = 0; apart < 9; apart++) at_end(counts[one], apart);
    for (size_t offset = 0; offset < PAGE; offset += 509) {
        refill();
        copy_words((uint64_t *)(to + offset / 8 * 8), (uint64_t *)(from + 2 * PAGE), 1024);
        note(sum_of(to, AREA_BYTES));
        /* Each copied word is the one that is copied next. */
        copy_words((uint64_t *)(to + 8), (uint64_t *)to, 2 * PAGE / 8 - 1 - offset / 8);
        note(sum_of(to, AREA_BYTES));
        note(copy_with_escapes(to, from + offset, 2 * PAGE - offset - 3));
        note(sum_of(to, AREA_BYTES));
    }
    note(sum_of(from - PAGE, PAGE) + sum_of(from + AREA_BYTES, PAGE) + sum_of(to + AREA_BYTES, PAGE));
    return report();
}
