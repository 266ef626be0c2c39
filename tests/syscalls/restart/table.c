/* What a handler does to a call that waits, with SA_RESTART and without: begun again, or EINTR. */
#include "check.h"
#include <poll.h>
#include <sys/file.h>
#include <sys/select.h>

/* The second SIGALRM lets the call end, so that one that began again is told from EINTR. */
static volatile int alarms;
static int ends[2], fifo_writer = -1;
static void (*finish)(void);
static void on_alarm(int number) {
  if (++alarms == 3 && finish) finish();
}

static void feed(void) { write(ends[1], "x", 1); }
static void drain(void) {
  static char buffer[65536];
  read(ends[0], buffer, sizeof buffer);
}
static pid_t child;
static void reap_child(void) { kill(child, SIGKILL); }
static int file;
static void unlocks(void) { kill(child, SIGKILL); }

static const char *name;
static int flags;
static void call(const char *what, long (*function)(void), void (*last)(void)) {
  alarms = 0;
  finish = last;
  handle(SIGALRM, on_alarm, flags);
  alarm_every_ms(15);
  errno = 0;
  long result = function();
  int number = errno;
  alarm_every_ms(0);
  if (result < 0) say("%s: %s", what, error_name(number));
  else say("%s: ok", what);
  say(" after %s\n", alarms >= 3 ? "all" : "the first");
}

static long reads(void) {
  char byte;
  return read(ends[0], &byte, 1);
}
static long reads_vector(void) {
  char byte;
  struct iovec vector = {&byte, 1};
  return readv(ends[0], &vector, 1);
}
static long writes(void) { return write(ends[1], "y", 1); }
static long waits4(void) { return waitpid(child, 0, 0); }
static long waits_id(void) { return waitid(P_PID, child, 0, WEXITED); }
static long polls(void) {
  struct pollfd one = {ends[0], POLLIN};
  return poll(&one, 1, -1);
}
static long selects(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  return select(ends[0] + 1, &set, 0, 0, 0);
}
static long sleeps(void) {
  struct timespec time = {0, 200000000};
  return nanosleep(&time, 0);
}
static long sleeps_on_clock(void) {
  struct timespec time = {0, 200000000};
  int number = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, 0);
  errno = number;
  return number ? -1 : 0;
}
static long pauses(void) { return pause(); }
static long suspends(void) {
  sigset_t none;
  sigemptyset(&none);
  return sigsuspend(&none);
}
static long waits_signal(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  struct timespec time = {0, 200000000};
  return sigtimedwait(&set, 0, &time);
}
static long locks(void) { return flock(file, LOCK_EX); }
static long locks_range(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(file, F_SETLKW, &lock);
}
static int word;
static long waits_futex(void) {
  struct timespec time = {0, 200000000};
  return syscall(SYS_futex, &word, 0, 0, &time, 0, 0);
}
static void changes(void) { word = 1; }
static long waits_futex_forever(void) { return syscall(SYS_futex, &word, 0, 0, 0, 0, 0); }

static pid_t sleeper(void) {
  pid_t pid = fork();
  if (pid == 0)
    for (;;) pause();
  return pid;
}
static pid_t holder(int which) {
  Gate held = new_gate();
  pid_t pid = fork();
  if (pid == 0) {
    int own = open("lock", O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    NEED(which == 0 ? flock(own, LOCK_EX) == 0 : fcntl(own, F_SETLK, &lock) == 0);
    open_gate(&held);
    for (;;) pause();
  }
  pass_gate(&held);
  return pid;
}

static void all(const char *what, int with) {
  say("%s\n", what);
  flags = with;
  call("read", reads, feed);
  call("readv", reads_vector, feed);
  /* What interrupted reads left behind. */
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  drain();
  fcntl(ends[0], F_SETFL, 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], "zzzzzzzz", 8) > 0) continue;
  while (write(ends[1], "z", 1) > 0) continue;
  fcntl(ends[1], F_SETFL, 0);
  call("write", writes, drain);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  drain();
  fcntl(ends[0], F_SETFL, 0);
  child = sleeper();
  call("wait4", waits4, reap_child);
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  child = sleeper();
  call("waitid", waits_id, reap_child);
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  call("poll", polls, feed);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  drain();
  call("select", selects, feed);
  drain();
  fcntl(ends[0], F_SETFL, 0);
  call("nanosleep", sleeps, 0);
  call("clock_nanosleep", sleeps_on_clock, 0);
  call("pause", pauses, 0);
  call("sigsuspend", suspends, 0);
  call("sigtimedwait", waits_signal, 0);
  child = holder(0);
  call("flock", locks, unlocks);
  flock(file, LOCK_UN);
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  child = holder(1);
  call("fcntl F_SETLKW", locks_range, unlocks);
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  word = 0;
  call("futex with a limit", waits_futex, changes);
  word = 0;
  call("futex", waits_futex_forever, changes);
}

int main(void) {
  NEED(pipe(ends) == 0);
  file = open("lock", O_RDWR | O_CREAT, 0600);
  NEED(file >= 0);
  all("without SA_RESTART", 0);
  all("with SA_RESTART", SA_RESTART);
  return 0;
}
