/* alarm and setitimer: one shot, interval, replaced, cancelled, the time left, errors. */
#include "check.h"

static volatile int alarms;
static void on_alarm(int number) { alarms += number == SIGALRM; }
static int killed(void) {
  alarm_every_ms(10);
  for (;;) pause();
}

int main(void) {
  handle(SIGALRM, on_alarm, 0);
  RESULT(alarm(0));
  RESULT(alarm(50));
  unsigned left = alarm(60);
  IS(left >= 49 && left <= 50);
  struct itimerval timer, old;
  RESULT(getitimer(ITIMER_REAL, &timer));
  IS(timer.it_value.tv_sec >= 58 && timer.it_value.tv_sec <= 60);
  IS(timer.it_interval.tv_sec == 0 && timer.it_interval.tv_usec == 0);
  left = alarm(0);
  IS(left >= 59 && left <= 60);
  RESULT(alarm(0));

  timer = (struct itimerval){{0, 0}, {0, 20000}};
  long start = now_ms();
  RESULT(setitimer(ITIMER_REAL, &timer, 0));
  pause();
  IS(now_ms() - start >= 19);
  sleep_ms(50);
  say("one shot: %d\n", alarms);
  timer = (struct itimerval){{0, 5000}, {0, 5000}};
  RESULT(setitimer(ITIMER_REAL, &timer, 0));
  while (alarms < 6) pause();
  timer = (struct itimerval){{0, 0}, {0, 0}};
  RESULT(setitimer(ITIMER_REAL, &timer, &old));
  IS(old.it_interval.tv_usec == 5000);
  alarms = 0;
  sleep_ms(20);
  say("after the stop: %d\n", alarms);
  timer = (struct itimerval){{0, 0}, {0, 1000000}};
  RESULT(setitimer(ITIMER_REAL, &timer, 0));
  RESULT(setitimer(99, &old, 0));
  RESULT(getitimer(99, &old));
  RESULT(syscall(SYS_setitimer, ITIMER_REAL, bad_pointer(), 0));
  RESULT(syscall(SYS_getitimer, ITIMER_REAL, bad_pointer()));
  handle(SIGALRM, SIG_DFL, 0);
  reap("default action", spawn(killed));
  start = now_ms();
  handle(SIGALRM, on_alarm, 0);
  RESULT(alarm(1));
  pause();
  IS(now_ms() - start >= 990);
  return 0;
}
