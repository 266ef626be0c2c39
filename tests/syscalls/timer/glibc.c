/* Timers as programs use them: SIGEV_THREAD of glibc, timer_getoverrun, CPU clocks by id; execve
 * drops timers and keeps setitimer's. */
#include "check.h"
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int calls, given;

static void notified(union sigval value) {
  pthread_mutex_lock(&mutex);
  calls++;
  given = value.sival_int;
  pthread_cond_signal(&condition);
  pthread_mutex_unlock(&mutex);
}

static void in_threads(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD};
  event.sigev_notify_function = notified;
  event.sigev_value.sival_int = 31;
  RESULT(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec spec = {{0, 1000000}, {0, 1000000}};
  RESULT(timer_settime(timer, 0, &spec, 0));
  pthread_mutex_lock(&mutex);
  while (calls < 5) pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
  say("given %d\n", given);
  RESULT(timer_delete(timer));
}

static void *burn(void *argument) {
  for (volatile int i = 0; i < 300000; i++) continue;
  return argument;
}

static void processor_clocks(void) {
  clockid_t clock, own;
  struct timespec before, after, mine;
  RESULT(clock_getcpuclockid(0, &clock));
  RESULT(clock_getcpuclockid(getpid(), &clock));
  RESULT(clock_getcpuclockid(30000, &clock));
  NEED(pthread_getcpuclockid(pthread_self(), &own) == 0);
  NEED(clock_gettime(clock, &before) == 0);
  pthread_t thread;
  pthread_create(&thread, 0, burn, 0);
  pthread_join(thread, 0);
  NEED(clock_gettime(clock, &after) == 0 && clock_gettime(own, &mine) == 0);
  /* Time of a thread that has ended is the process's still. */
  IS((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec > 100000);
  IS(mine.tv_sec < after.tv_sec || mine.tv_nsec < after.tv_nsec);
}

static void over_exec(char *self) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec spec = {{0, 0}, {0, 20000000}};
  NEED(timer_settime(timer, 0, &spec, 0) == 0);
  struct itimerval alarm = {{0, 0}, {50, 0}};
  NEED(setitimer(ITIMER_REAL, &alarm, 0) == 0);
  execl(self, self, "again", (char *)0);
}

int main(int count, char **arguments) {
  if (count > 1) {
    struct itimerspec spec;
    struct itimerval alarm;
    RESULT(syscall(SYS_timer_gettime, 0, &spec));
    RESULT(getitimer(ITIMER_REAL, &alarm));
    IS(alarm.it_value.tv_sec > 40);
    sleep_ms(40);
    say("not killed\n");
    return 0;
  }
  in_threads();
  processor_clocks();
  over_exec(arguments[0]);
  return 1;
}
