/* getrandom: any length, flags, the refusals. */
#include "check.h"
#include <sys/random.h>

static unsigned char bytes[1 << 20], again[256];

int main(void) {
  RESULT(getrandom(bytes, 256, 0));
  RESULT(getrandom(again, 100, GRND_NONBLOCK));
  RESULT(getrandom(again + 100, 101, GRND_NONBLOCK));
  IS(memcmp(again, again + 100, 100) != 0);
  RESULT(getrandom(bytes, 0, 0));
  RESULT(getrandom(bytes, sizeof bytes, 0));
  int zeros = 0;
  for (size_t i = 0; i < sizeof bytes; i++) zeros += bytes[i] == 0;
  IS(zeros > 3500 && zeros < 4700);
  RESULT(getrandom(bytes, 16, GRND_RANDOM));
  RESULT(getrandom(bytes, 16, GRND_INSECURE));
  RESULT(getrandom(bytes, 16, GRND_RANDOM | GRND_INSECURE));
  RESULT(getrandom(bytes, 16, 0x10));
  RESULT(getrandom(bad_pointer(), 16, 0));
  RESULT(getentropy(bytes, 256));
  RESULT(getentropy(bytes, 257));
  return 0;
}
