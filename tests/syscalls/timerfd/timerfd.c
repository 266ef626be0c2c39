/* timerfd: relative, absolute, periodic; reading, polling, what is left; refusals. */
#include "check.h"
#include <poll.h>
#include <sys/timerfd.h>

static uint64_t ticks;
static long get(int fd) { return read(fd, &ticks, 8); }

static long set_ms(int fd, int flags, long first, long period) {
  struct itimerspec value = {{period / 1000, period % 1000 * 1000000},
                             {first / 1000, first % 1000 * 1000000}};
  return timerfd_settime(fd, flags, &value, 0);
}

static int raised(int fd, int wait) {
  struct pollfd entry = {fd, POLLIN | POLLOUT, 0};
  return poll(&entry, 1, wait) < 0 ? -1 : entry.revents;
}

static void once(int clock) {
  int fd = timerfd_create(clock, 0);
  struct itimerspec now;
  say("clock %d: events %d\n", clock, raised(fd, 0));
  RESULT(timerfd_gettime(fd, &now));
  say("left %ld.%09ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
  RESULT(set_ms(fd, 0, 5, 0));
  RESULT(raised(fd, -1));
  RESULT(get(fd));
  say("%llu expirations\n", (unsigned long long)ticks);
  RESULT(raised(fd, 0));
  RESULT(timerfd_gettime(fd, &now));
  say("left %ld.%09ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
  struct timespec time;
  clock_gettime(clock, &time);
  time.tv_nsec += 5000000;
  if (time.tv_nsec >= 1000000000) time.tv_nsec -= 1000000000, time.tv_sec++;
  struct itimerspec value = {{0, 0}, time};
  RESULT(timerfd_settime(fd, TFD_TIMER_ABSTIME, &value, 0));
  RESULT(get(fd));
  say("%llu expirations\n", (unsigned long long)ticks);
  value.it_value.tv_sec = 0;
  value.it_value.tv_nsec = 1;
  RESULT(timerfd_settime(fd, TFD_TIMER_ABSTIME, &value, 0));
  RESULT(get(fd));
  say("%llu expirations\n", (unsigned long long)ticks);
  close(fd);
}

static void periodic(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  RESULT(get(fd));
  RESULT(set_ms(fd, 0, 1, 2));
  sleep_ms(20);
  RESULT(get(fd));
  IS(ticks >= 10);
  RESULT(get(fd));
  struct itimerspec now, old;
  RESULT(timerfd_gettime(fd, &now));
  say("period %ld.%09ld\n", (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
  IS(now.it_value.tv_sec == 0 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 2000000);
  struct itimerspec none = {{0, 0}, {0, 0}};
  RESULT(timerfd_settime(fd, 0, &none, &old));
  say("period before %ld.%09ld\n", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
  sleep_ms(5);
  RESULT(get(fd));
  RESULT(set_ms(fd, 0, 1, 0));
  sleep_ms(3);
  RESULT(set_ms(fd, 0, 1000, 0));
  RESULT(get(fd));
  /* Longer than the distance to the year 2106. */
  struct itimerspec far = {{0, 0}, {5000000000, 7}};
  RESULT(timerfd_settime(fd, 0, &far, 0));
  RESULT(timerfd_gettime(fd, &now));
  IS(now.it_value.tv_sec >= 4999999990 && now.it_value.tv_sec <= 5000000000);
  struct itimerspec later = {{0, 0}, {5000000000, 0}};
  int real = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  RESULT(timerfd_settime(real, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &later, 0));
  RESULT(get(real));
  RESULT(timerfd_gettime(real, &now));
  IS(now.it_value.tv_sec > 3000000000 && now.it_value.tv_sec < 5000000000);
}

static void refusals(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  int other = open("/dev/null", O_RDWR);
  struct itimerspec value = {{0, 0}, {1, 0}}, now;
  RESULT(timerfd_create(CLOCK_MONOTONIC, 1));
  RESULT(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  RESULT(timerfd_create(CLOCK_MONOTONIC_RAW, 0));
  RESULT(timerfd_create(99, 0));
  RESULT(timerfd_settime(fd, 4, &value, 0));
  RESULT(timerfd_settime(-1, 0, &value, 0));
  RESULT(timerfd_settime(other, 0, &value, 0));
  RESULT(timerfd_gettime(other, &now));
  RESULT(timerfd_gettime(-1, &now));
  RESULT(timerfd_settime(fd, 0, bad_pointer(), 0));
  RESULT(timerfd_settime(fd, 0, &value, bad_pointer()));
  RESULT(timerfd_gettime(fd, bad_pointer()));
  value.it_value.tv_nsec = 1000000000;
  RESULT(timerfd_settime(fd, 0, &value, 0));
  value.it_value.tv_nsec = 0;
  value.it_interval.tv_sec = -1;
  RESULT(timerfd_settime(fd, 0, &value, 0));
  char bytes[8];
  RESULT(read(fd, bytes, 7));
  RESULT(write(fd, bytes, 8));
  RESULT(fcntl(fd, F_GETFD));
  RESULT(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  char name[64] = {0}, link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  RESULT(readlink(link, name, sizeof name));
  say("%s\n", name);
}

int main(void) {
  once(CLOCK_MONOTONIC);
  once(CLOCK_REALTIME);
  once(CLOCK_BOOTTIME);
  periodic();
  refusals();
  return 0;
}
