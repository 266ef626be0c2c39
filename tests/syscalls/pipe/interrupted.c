/* A signal during a blocked read: EINTR without SA_RESTART, restarted with it; a blocked write
 * that has moved bytes returns their count. */
#include "check.h"

static volatile int alarms;
static int wake = -1;
static void on_alarm(int number) {
  alarms += number == SIGALRM;
  if (alarms == 3 && wake >= 0) NEED(write(wake, "r", 1) == 1);
}

int main(void) {
  int ends[2];
  char byte = 0;
  NEED(pipe(ends) == 0);
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(read(ends[0], &byte, 1));
  alarm_every_ms(0);
  IS(alarms >= 1);

  alarms = 0;
  wake = ends[1];
  handle(SIGALRM, on_alarm, SA_RESTART);
  alarm_every_ms(10);
  RESULT(read(ends[0], &byte, 1));
  alarm_every_ms(0);
  wake = -1;
  say("restarted until %c, alarms at least 3: %s\n", byte, alarms >= 3 ? "yes" : "no");

  static char bytes[1 << 17];
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(write(ends[1], bytes, sizeof bytes));
  RESULT(write(ends[1], bytes, 100));
  handle(SIGALRM, on_alarm, SA_RESTART);
  RESULT(read(ends[0], bytes, sizeof bytes));
  RESULT(write(ends[1], bytes, sizeof bytes));
  alarm_every_ms(0);
  return 0;
}
