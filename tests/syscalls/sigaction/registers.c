/* A handler interrupts a computation anywhere and leaves every register as it was: integer and
 * floating point, over many deliveries. */
#include "check.h"

static volatile int alarms;
static volatile double noise;

static void on_alarm(int number) {
  double scratch = 1.5;
  for (int i = 0; i < 50; i++) scratch = scratch * 1.01 + number;
  noise = scratch;
  alarms++;
}

__attribute__((noinline)) static unsigned long integers(unsigned long seed) {
  unsigned long a = seed, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6, h = 7;
  for (int i = 0; i < 20000; i++) {
    a = a * 6364136223846793005ul + b;
    b ^= a >> 7, c += b, d ^= c << 3, e += d, f ^= e >> 9, g += f, h ^= g, b += h & 15;
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

__attribute__((noinline)) static double floats(double seed) {
  double a = seed, b = 1, c = 2, d = 3, e = 4;
  for (int i = 0; i < 20000; i++) {
    a = a * 0.999 + b, b = b * 0.5 + c / 3, c = c * 0.25 + d / 7, d = d * 0.125 + e / 9;
    e = e * 0.0625 + 1;
  }
  return a + b + c + d + e;
}

int main(void) {
  unsigned long expected = integers(42);
  double expected_float = floats(42);
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(2);
  int wrong = 0;
  while (alarms < 20) wrong += integers(42) != expected || floats(42) != expected_float;
  alarm_every_ms(0);
  say("wrong %d\n", wrong);
  unsigned long spins = 0;
  alarms = 0;
  alarm_every_ms(2);
  while (alarms < 5) spins++;
  alarm_every_ms(0);
  IS(spins > 0);
  return 0;
}
