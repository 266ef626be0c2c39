/* timer_create and its kin: signals to the process and to a thread, none at all, periods and
 * overruns, absolute times, CPU clocks, what fork and deletion do; refusals.
 * qemu differs: 7.2 loses overruns and makes up its own timer ids */
#include "check.h"
#include <pthread.h>

static _Atomic int got, value, code;
static _Atomic pid_t taker;

static void on_timer(int number, siginfo_t *info, void *context) {
  (void)context;
  got += number != 0;
  value = info->si_value.sival_int;
  code = info->si_code;
  taker = syscall(SYS_gettid);
}

static int make(clockid_t clock, int notify, int number, int data) {
  int id = -1;
  struct sigevent event = {.sigev_notify = notify, .sigev_signo = number};
  event.sigev_value.sival_int = data;
  NEED(syscall(SYS_timer_create, clock, &event, &id) == 0);
  return id;
}

static long set_ms(int id, int flags, long first, long period) {
  struct itimerspec spec = {{period / 1000, period % 1000 * 1000000},
                            {first / 1000, first % 1000 * 1000000}};
  return syscall(SYS_timer_settime, id, flags, &spec, 0);
}

static void signals(void) {
  handle_info(SIGUSR1, on_timer, 0);
  int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 77);
  say("first id %d\n", id);
  RESULT(set_ms(id, 0, 3, 0));
  while (got == 0) sleep_ms(1);
  say("got %d value %d code %d\n", got, value, code);
  RESULT(syscall(SYS_timer_getoverrun, id));
  struct itimerspec now;
  RESULT(syscall(SYS_timer_gettime, id, &now));
  say("left %ld.%09ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
  got = 0;
  RESULT(set_ms(id, 0, 1, 1));
  while (got < 3) sleep_ms(1);
  RESULT(syscall(SYS_timer_gettime, id, &now));
  say("period %ld.%09ld\n", (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
  RESULT(set_ms(id, 0, 0, 0));
  got = 0;
  sleep_ms(5);
  say("disarmed: %d\n", got);
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  struct itimerspec when = {{0, 0}, {time.tv_sec, time.tv_nsec}};
  int real = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 78);
  RESULT(syscall(SYS_timer_settime, real, TIMER_ABSTIME, &when, 0));
  say("past: got %d value %d\n", got, value);
  RESULT(syscall(SYS_timer_delete, id));
  RESULT(syscall(SYS_timer_delete, real));
  int usual = -1;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, 0, &usual));
  handle_info(SIGALRM, on_timer, 0);
  got = 0;
  RESULT(set_ms(usual, 0, 2, 0));
  while (got == 0) sleep_ms(1);
  IS(value == usual);
  RESULT(syscall(SYS_timer_delete, usual));
}

static void overruns(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, 0);
  int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 5);
  RESULT(set_ms(id, 0, 2, 2));
  sleep_ms(21);
  siginfo_t info;
  struct timespec zero = {0, 0};
  RESULT(sigtimedwait(&blocked, &info, &zero) == SIGUSR2);
  say("code %d timer %d value %d\n", info.si_code, info.si_timerid == id, info.si_value.sival_int);
  IS(info.si_overrun >= 8);
  IS(syscall(SYS_timer_getoverrun, id) == info.si_overrun);
  set_ms(id, 0, 0, 0);
  RESULT(sigtimedwait(&blocked, &info, &zero));
  /* Two timers with one signal are two signals. */
  int second = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 6);
  set_ms(id, 0, 1, 0);
  set_ms(second, 0, 3, 0);
  sleep_ms(6);
  for (int i = 0; i < 3; i++) {
    int number = sigtimedwait(&blocked, &info, &zero);
    say("%s value %d\n", number < 0 ? error_name(errno) : signal_name(number),
        number < 0 ? 0 : info.si_value.sival_int);
  }
  set_ms(id, 0, 1, 0);
  sleep_ms(3);
  RESULT(syscall(SYS_timer_delete, id));
  RESULT(sigtimedwait(&blocked, &info, &zero));
  RESULT(syscall(SYS_timer_delete, second));
}

static _Atomic int ready;
static void *sleeper(void *argument) {
  *(pid_t *)argument = syscall(SYS_gettid);
  ready = 1;
  while (got == 0) sleep_ms(1);
  return 0;
}

static void threads(void) {
  pthread_t thread;
  pid_t tid = 0;
  got = 0;
  pthread_create(&thread, 0, sleeper, &tid);
  while (!ready) sleep_ms(1);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
  event._sigev_un._tid = tid;
  int id;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  RESULT(set_ms(id, 0, 2, 0));
  pthread_join(thread, 0);
  say("taken by the thread: %d\n", taker == tid);
  event._sigev_un._tid = 30000;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  RESULT(syscall(SYS_timer_delete, id));
}

static void silent(void) {
  int id = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
  struct itimerspec now;
  RESULT(set_ms(id, 0, 5000, 0));
  RESULT(syscall(SYS_timer_gettime, id, &now));
  IS(now.it_value.tv_sec == 4 || (now.it_value.tv_sec == 5 && now.it_value.tv_nsec == 0));
  RESULT(set_ms(id, 0, 1, 0));
  sleep_ms(3);
  RESULT(syscall(SYS_timer_gettime, id, &now));
  say("left %ld.%09ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
  pid_t child = fork();
  if (child == 0) _exit(syscall(SYS_timer_gettime, id, &now) < 0 ? errno == EINVAL : 2);
  reap("timers of a child", child);
  syscall(SYS_timer_delete, id);
}

static void processor_time(void) {
  for (int clock = CLOCK_PROCESS_CPUTIME_ID; clock <= CLOCK_THREAD_CPUTIME_ID; clock++) {
    got = 0;
    int id = make(clock, SIGEV_SIGNAL, SIGUSR1, 9);
    RESULT(set_ms(id, 0, 3, 0));
    while (got == 0) continue;
    say("clock %d: got %d value %d\n", clock, got, value);
    syscall(SYS_timer_delete, id);
  }
}

static void refusals(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec spec = {{0, 0}, {1, 0}};
  int id;
  RESULT(syscall(SYS_timer_create, 99, &event, &id));
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, &event, &id));
  RESULT(syscall(SYS_timer_create, CLOCK_REALTIME_COARSE, &event, &id));
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, bad_pointer(), &id));
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, bad_pointer()));
  event.sigev_signo = 65;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  event.sigev_signo = 0;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  event.sigev_notify = 77;
  RESULT(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
  id = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
  RESULT(syscall(SYS_timer_settime, id, 0, 0, 0));
  RESULT(syscall(SYS_timer_settime, id, 0, bad_pointer(), 0));
  RESULT(syscall(SYS_timer_settime, id, 0, &spec, bad_pointer()));
  RESULT(syscall(SYS_timer_settime, 1000, 0, &spec, 0));
  RESULT(syscall(SYS_timer_gettime, id, bad_pointer()));
  RESULT(syscall(SYS_timer_gettime, 1000, &spec));
  RESULT(syscall(SYS_timer_getoverrun, 1000));
  RESULT(syscall(SYS_timer_delete, 1000));
  RESULT(syscall(SYS_timer_delete, id));
  RESULT(syscall(SYS_timer_delete, id));
  id = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0);
  spec.it_value.tv_nsec = 1000000000;
  RESULT(syscall(SYS_timer_settime, id, 0, &spec, 0));
  spec.it_value.tv_nsec = 0;
  spec.it_interval.tv_sec = -1;
  RESULT(syscall(SYS_timer_settime, id, 0, &spec, 0));
}

int main(void) {
  signals();
  overruns();
  threads();
  silent();
  processor_time();
  refusals();
  return 0;
}
