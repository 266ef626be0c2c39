/* The call nanosleep itself: C libraries sleep by clock_nanosleep. */
#include "check.h"

int main(void) {
  struct timespec request = {0, 3000000}, rest = {7, 7};
  long before = now_ms();
  RESULT(syscall(SYS_nanosleep, &request, &rest));
  IS(now_ms() - before >= 3);
  IS(rest.tv_sec == 7 && rest.tv_nsec == 7);
  return 0;
}
