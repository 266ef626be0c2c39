/* Two functions, of which one runs three times as many instructions as the other. */
#include <stdio.h>

static volatile unsigned value;

__attribute__((noinline)) void large(void) {
    for (unsigned i = 0; i < 300000; i++) value = value * 3 + i;
}

__attribute__((noinline)) void small(void) {
    for (unsigned i = 0; i < 100000; i++) value = value * 5 + i;
}

int main(void) {
    for (int i = 0; i < 100; i++) {
        large();
        small();
    }
    printf("%u\n", value);
    return 0;
}
