/* Sorting, lists, and a reader of words with many branches in its loops. */
#include "report.h"

#define COUNT 400

static int32_t numbers[COUNT];
static int16_t small[2000];

__attribute__((noinline)) static int bubble(int32_t *at, int count) {
    int swaps = 0, is_changed = 1;
    while (is_changed) {
        is_changed = 0;
        for (int index = 0; index + 1 < count; index++)
            if (at[index] > at[index + 1]) {
                int32_t kept = at[index];
                at[index] = at[index + 1];
                at[index + 1] = kept;
                is_changed = 1;
                swaps++;
            }
    }
    return swaps;
}

__attribute__((noinline)) static void insert(int32_t *at, int count) {
    for (int index = 1; index < count; index++) {
        int32_t value = at[index];
        int place = index;
        for (; place > 0 && at[place - 1] > value; place--) at[place] = at[place - 1];
        at[place] = value;
    }
}

__attribute__((noinline)) static void quick(int16_t *first, int16_t *last) {
    if (first >= last) return;
    int16_t middle = first[(last - first) / 2];
    int16_t *low = first, *high = last;
    while (low <= high) {
        while (*low < middle) low++;
        while (*high > middle) high--;
        if (low <= high) {
            int16_t kept = *low;
            *low++ = *high;
            *high-- = kept;
        }
    }
    quick(first, high);
    quick(low, last);
}

struct node {
    struct node *next;
    int64_t value;
    int32_t visits;
};

__attribute__((noinline)) static struct node *turn_list(struct node *list) {
    struct node *done = 0;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

__attribute__((noinline)) static int64_t visit(struct node *list, int64_t limit) {
    int64_t sum = 0;
    for (; list; list = list->next) {
        list->visits++;
        if (list->value > limit) continue;
        sum += list->value ^ list->visits;
    }
    return sum;
}

__attribute__((noinline)) static struct node *without_odd(struct node *list) {
    for (struct node **at = &list; *at;) {
        if ((*at)->value & 1) *at = (*at)->next;
        else at = &(*at)->next;
    }
    return list;
}

static void try_lists(void) {
    static struct node nodes[900];
    for (int at = 0; at < 900; at++) {
        nodes[at].next = at + 1 < 900 ? &nodes[at + 1] : 0;
        nodes[at].value = random_number() % 1000;
    }
    for (int at = 0; at < 300; at++) {
        struct node *one = &nodes[random_number() % 899], *other = &nodes[random_number() % 899];
        if (one == other || one->next == other || other->next == one) continue;
        if (one->next->next == 0 || other->next->next == 0) continue;
        int64_t kept = one->value;
        one->value = other->value + 1;
        other->value = kept;
    }
    struct node *list = turn_list(nodes);
    note(visit(list, 600));
    list = without_odd(turn_list(list));
    note(visit(list, 300));
    note(visit(turn_list(list), 900));
}

static char text[3 * PAGE];

__attribute__((noinline)) static uint64_t read_words(char *at, const char *end) {
    uint64_t words = 0, numbers_sum = 0, comments = 0, quotes = 0, other = 0;
    while (at < end) {
        char one = *at;
        if (one == ' ' || one == '\n') at++;
        else if (one >= 'a' && one <= 'm') {
            uint64_t length = 0;
            while (at < end && *at >= 'a' && *at <= 'm') {
                *at++ -= 32;
                length++;
            }
            words += length * length;
        } else if (one >= '0' && one <= '9') {
            uint64_t value = 0;
            do value = value * 10 + (*at++ - '0');
            while (at < end && *at >= '0' && *at <= '9');
            numbers_sum += value;
        } else if (one == '#') {
            while (at < end && *at != '\n') at++;
            comments++;
        } else if (one == '"') {
            at++;
            while (at < end && *at != '"') {
                if (*at == '\\') at++;
                at++;
            }
            at++;
            quotes++;
        } else {
            at++;
            if (one & 1) continue;
            other++;
        }
    }
    return ((((words * 31) + numbers_sum) * 31 + comments) * 31 + quotes) * 31 + other;
}

static void try_words(void) {
    static const char letters[] = "aaabcdefghijklm  \n\n0123456789#\"\\xyz.,";
    for (size_t at = 0; at < sizeof text; at++)
        text[at] = letters[random_number() % (sizeof letters - 1)];
    for (size_t at = 0; at < 40; at++)
        memset(text + at * 300, "a5 "[at % 3], random_number() % 250);
    note(read_words(text + 3, text + sizeof text - 5));
    note(sum_of(text, sizeof text));
}

int main(void) {
    for (int round = 0; round < 6; round++) {
        int count = COUNT - 37 * round;
        for (int at = 0; at < count; at++) numbers[at] = random_number() % 5000;
        note(bubble(numbers, count / 3));
        insert(numbers, count);
        note(sum_of(numbers, sizeof numbers));
        for (int at = 0; at < 2000; at++) small[at] = random_number();
        quick(small + round, small + 1999 - round);
        note(sum_of(small, sizeof small));
        try_lists();
        try_words();
    }
    return report();
}
