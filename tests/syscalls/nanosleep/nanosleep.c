/* nanosleep and clock_nanosleep: length, what is left after EINTR, absolute times, errors. */
#include "check.h"

static volatile int alarms;
static void on_alarm(int number) { alarms += number == SIGALRM; }

int main(void) {
  struct timespec time = {0, 20000000}, left = {77, 77}, until;
  long start = now_ms();
  RESULT(nanosleep(&time, &left));
  IS(now_ms() - start >= 20);
  IS(left.tv_sec == 77);
  time = (struct timespec){0, 0};
  RESULT(nanosleep(&time, 0));
  time = (struct timespec){0, 1000000000};
  RESULT(nanosleep(&time, 0));
  time = (struct timespec){-1, 0};
  RESULT(nanosleep(&time, 0));
  time = (struct timespec){0, -1};
  RESULT(nanosleep(&time, 0));

  handle(SIGALRM, on_alarm, SA_RESTART);
  alarm_every_ms(20);
  time = (struct timespec){50, 0};
  RESULT(nanosleep(&time, &left));
  IS(left.tv_sec == 49 && left.tv_nsec > 0);
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += 50;
  left.tv_sec = 99;
  say("%s\n", error_name(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &left)));
  IS(left.tv_sec == 99);
  alarm_every_ms(0);

  /* A stop and continuation is no interruption: the deadline stays. */
  pid_t child = fork();
  if (child == 0) {
    start = now_ms();
    time = (struct timespec){0, 60000000};
    RESULT(nanosleep(&time, 0));
    IS(now_ms() - start >= 60);
    _exit(0);
  }
  sleep_ms(10);
  kill(child, SIGSTOP);
  sleep_ms(10);
  kill(child, SIGCONT);
  reap("stopped and continued", child);

  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  start = now_ms();
  say("%s\n", error_name(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0)));
  IS(now_ms() - start >= 19);
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec -= 5;
  RESULT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, 0));
  say("%s\n", error_name(clock_nanosleep(77, 0, &until, 0)));
  say("%s\n", error_name(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &until, 0)));
  return 0;
}
