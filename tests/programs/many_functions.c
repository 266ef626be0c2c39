/* Three thousand different functions, of which some are called in turn until all of them are hot:
 * more code than a small limit of translations holds. Arguments: the first function, how many, and
 * how often each is called. Prints a value that tests/programs/many-functions.ts computes too. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint32_t Function(uint32_t);

static uint32_t words[64];

static inline uint32_t rotated(uint32_t value, int bits) {
  return value << bits | value >> (32 - bits);
}

/* What depends on n alone is decided by the compiler, so that the functions differ in more than
 * their constants. */
#define FUNCTION(n)                                                                               \
  static __attribute__((noinline)) uint32_t function_##n(uint32_t x) {                            \
    for (uint32_t i = 0; i < 4; i++) {                                                            \
      x = x * (2u * n + 1) + i;                                                                   \
      if (n % 2 == 0) x ^= x >> (n % 13 + 3);                                                     \
      else x += x << (n % 11 + 2);                                                                \
      if (x & 1u << n % 29) x -= n * 77u;                                                         \
      if (n % 3 == 0) x = rotated(x, n % 31 + 1);                                                 \
      else if (n % 3 == 1) x ^= words[(x + n) % 64];                                              \
      else words[n % 64] += x = ~x;                                                               \
    }                                                                                             \
    return x;                                                                                     \
  }
#define NAME(n) function_##n,
#define TEN(use, n) \
  use(n##0) use(n##1) use(n##2) use(n##3) use(n##4) use(n##5) use(n##6) use(n##7) use(n##8) use(n##9)
#define HUNDRED(use, n)                                                                           \
  TEN(use, n##0) TEN(use, n##1) TEN(use, n##2) TEN(use, n##3) TEN(use, n##4)                      \
  TEN(use, n##5) TEN(use, n##6) TEN(use, n##7) TEN(use, n##8) TEN(use, n##9)
#define THOUSAND(use, n)                                                                          \
  HUNDRED(use, n##0) HUNDRED(use, n##1) HUNDRED(use, n##2) HUNDRED(use, n##3) HUNDRED(use, n##4)  \
  HUNDRED(use, n##5) HUNDRED(use, n##6) HUNDRED(use, n##7) HUNDRED(use, n##8) HUNDRED(use, n##9)
#define ALL(use) THOUSAND(use, 1) THOUSAND(use, 2) THOUSAND(use, 3)

ALL(FUNCTION)
static Function *const functions[] = {ALL(NAME)};

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int first = atoi(arguments[1]), several = atoi(arguments[2]), turns = atoi(arguments[3]);
  for (uint32_t i = 0; i < 64; i++) words[i] = i * 2654435761u;
  uint32_t value = 1;
  for (int turn = 0; turn < turns; turn++) {
    for (int i = 0; i < several; i++) value = functions[first + i](value);
  }
  printf("%08x\n", value);
  return 0;
}
