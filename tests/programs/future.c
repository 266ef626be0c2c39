/* Everything that tells or takes a time, on a system whose clock is beyond the years 2038 and 2106:
 * run by tests/boot/future.test.ts, which sets the clock. */
#include "../syscalls/check.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/timerfd.h>

static void show(const char *what, time_t seconds) {
  struct tm parts;
  gmtime_r(&seconds, &parts);
  say("%s: %d-%02d-%02d\n", what, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static struct timespec soon(clockid_t clock) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  time.tv_nsec += 2000000;
  if (time.tv_nsec >= 1000000000) time.tv_nsec -= 1000000000, time.tv_sec++;
  return time;
}

static void clocks(void) {
  struct timespec now;
  struct timeval value;
  show("time", time(0));
  NEED(clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0);
  show("coarse", now.tv_sec);
  NEED(gettimeofday(&value, 0) == 0);
  show("gettimeofday", value.tv_sec);
}

static void files(void) {
  struct stat status;
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(fstat(file, &status) == 0);
  show("new file", status.st_mtime);
  struct timespec times[2] = {{6000000000, 5}, {UINT32_MAX + 10LL, 7}};
  RESULT(futimens(file, times));
  NEED(fstat(file, &status) == 0);
  show("read", status.st_atime);
  show("written", status.st_mtime);
  say("%ld %ld\n", status.st_atim.tv_nsec, status.st_mtim.tv_nsec);
}

static void waiting(void) {
  struct timespec time = soon(CLOCK_REALTIME);
  RESULT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, 0));
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  time = soon(CLOCK_REALTIME);
  RESULT(sem_timedwait(&semaphore, &time));
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  time = soon(CLOCK_REALTIME);
  IS(pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
  time.tv_sec -= 4000000000;
  IS(pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
  int timer = timerfd_create(CLOCK_REALTIME, 0);
  struct itimerspec spec = {{0, 0}, soon(CLOCK_REALTIME)};
  RESULT(timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, 0));
  uint64_t count;
  RESULT(read(timer, &count, 8));
  spec.it_value.tv_sec += 3000000000;
  RESULT(timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, 0));
  struct pollfd entry = {timer, POLLIN, 0};
  RESULT(poll(&entry, 1, 5));
  RESULT(timerfd_gettime(timer, &spec));
  IS(spec.it_value.tv_sec > 2999999000 && spec.it_value.tv_sec <= 3000000000);
}

int main(void) {
  clocks();
  files();
  waiting();
  return 0;
}
