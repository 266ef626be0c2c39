/* What the programs beside this file share: numbers, memory whose first and last bytes are a page's, and
 * a checksum of all that was noted, written now and then. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

static uint8_t pages[64 * PAGE] __attribute__((aligned(PAGE)));
static size_t used = PAGE;

/* Memory that begins and ends where pages do; the pages before and behind stay zeros. */
static inline void *guarded(size_t bytes) {
    void *start = pages + used;
    used += bytes + PAGE;
    if (used > sizeof pages) exit(99);
    return start;
}

static uint64_t noted = 1469598103934665603u;
static uint64_t notes;

static inline void note(uint64_t number) {
    noted = (noted ^ number) * 1099511628211u;
    noted ^= noted >> 29;
    if (++notes % 16 == 0) printf("%llu %016llx\n", (unsigned long long)notes, (unsigned long long)noted);
}

static inline uint64_t random_number(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static inline uint64_t sum_of(const void *start, size_t count) {
    const uint8_t *bytes = start;
    uint64_t sum = 0;
    for (size_t at = 0; at < count; at++) sum = sum * 31 + bytes[at];
    return sum;
}

static inline int report(void) {
    printf("%llu numbers: %016llx\n", (unsigned long long)notes, (unsigned long long)noted);
    return 0;
}
