/* clock_gettime and gettimeofday: they advance, agree, never go back; resolution; errors. */
#include "check.h"

static double seconds(clockid_t clock) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  NEED(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
  double last = seconds(CLOCK_MONOTONIC);
  int backwards = 0;
  for (int i = 0; i < 2000; i++) {
    double now = seconds(CLOCK_MONOTONIC);
    backwards += now < last;
    last = now;
  }
  say("went back %d times\n", backwards);
  double start = seconds(CLOCK_MONOTONIC), real = seconds(CLOCK_REALTIME);
  double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
  sleep_ms(50);
  IS(seconds(CLOCK_MONOTONIC) - start >= 0.05);
  IS(seconds(CLOCK_REALTIME) - real >= 0.049);
  IS(seconds(CLOCK_PROCESS_CPUTIME_ID) >= used);
  used = seconds(CLOCK_THREAD_CPUTIME_ID);
  for (volatile int i = 0; i < 1000000; i++) continue;
  IS(seconds(CLOCK_THREAD_CPUTIME_ID) > used);
  IS(seconds(CLOCK_BOOTTIME) >= 0);
  IS(seconds(CLOCK_REALTIME) > 1.5e9);
  IS(seconds(CLOCK_REALTIME_COARSE) > 1.5e9);
  IS(seconds(CLOCK_MONOTONIC_RAW) > 0);
  struct timeval time;
  RESULT(gettimeofday(&time, 0));
  double difference = seconds(CLOCK_REALTIME) - ((double)time.tv_sec + (double)time.tv_usec / 1e6);
  IS(difference >= 0 && difference < 5);
  struct timespec resolution;
  RESULT(clock_getres(CLOCK_MONOTONIC, &resolution));
  IS(resolution.tv_sec == 0 && resolution.tv_nsec > 0);
  RESULT(clock_gettime(99, &resolution));
  RESULT(clock_getres(99, &resolution));
  RESULT(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad_pointer()));
  IS(labs(time.tv_sec - (long)syscall(SYS_gettimeofday, 0, 0)) > 0);
  return 0;
}
