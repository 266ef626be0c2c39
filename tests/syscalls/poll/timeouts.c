/* ppoll and pselect6 as such: what is left of the timeout is written back; masks; every refusal;
 * O_PATH and negative descriptors.
 * qemu differs: 7.2 neither writes back what is left after EINTR nor forgives a read-only timeout */
#include "check.h"
#include <poll.h>
#include <sys/select.h>

static struct timespec time_left;
static long ppoll_(void *fds, unsigned long count, void *time, void *set, size_t size) {
  return syscall(SYS_ppoll, fds, count, time, set, size);
}
static long pselect_(int count, void *read, void *write, void *except, void *time, void *pair) {
  return syscall(SYS_pselect6, count, read, write, except, time, pair);
}

static const char *left(void) {
  if (time_left.tv_sec == 0 && time_left.tv_nsec == 0) return "none";
  return time_left.tv_sec < 5 || (time_left.tv_sec == 5 && time_left.tv_nsec == 0) ? "some" : "?";
}

static void on_alarm(int number) { (void)number; }

static void written_back(void) {
  int ends[2];
  NEED(pipe(ends) == 0);
  struct pollfd entry = {ends[0], POLLIN, 0};
  time_left = (struct timespec){0, 3000000};
  RESULT(ppoll_(&entry, 1, &time_left, 0, 0));
  say("left: %s\n", left());
  time_left = (struct timespec){5, 0};
  handle(SIGALRM, on_alarm, SA_RESTART);
  alarm_every_ms(5);
  RESULT(ppoll_(&entry, 1, &time_left, 0, 0));
  IS(time_left.tv_sec == 4);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  time_left = (struct timespec){5, 0};
  RESULT(pselect_(ends[0] + 1, &set, 0, 0, &time_left, 0));
  IS(time_left.tv_sec == 4);
  alarm_every_ms(0);
  time_left = (struct timespec){0, 3000000};
  FD_SET(ends[0], &set);
  RESULT(pselect_(ends[0] + 1, &set, 0, 0, &time_left, 0));
  say("left: %s, set %d\n", left(), FD_ISSET(ends[0], &set));
  NEED(write(ends[1], "x", 1) == 1);
  time_left = (struct timespec){5, 0};
  RESULT(ppoll_(&entry, 1, &time_left, 0, 0));
  say("left: %s\n", left());
  /* A timeout that cannot be written is no error. */
  struct timespec *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page->tv_sec = 5;
  NEED(mprotect(page, PAGE, PROT_READ) == 0);
  RESULT(ppoll_(&entry, 1, page, 0, 0));
  FD_SET(ends[0], &set);
  RESULT(pselect_(ends[0] + 1, &set, 0, 0, page, 0));
}

static void descriptors(void) {
  int path = open("/", O_PATH);
  int ends[2];
  NEED(pipe(ends) == 0);
  struct pollfd list[5] = {{path, POLLIN, 0},
                           {-1, POLLIN, 77},
                           {-5, POLLIN | POLLOUT, 77},
                           {900, POLLIN, 0},
                           {ends[1], 0, 0}};
  struct timespec zero = {0, 0};
  RESULT(ppoll_(list, 5, &zero, 0, 0));
  for (int i = 0; i < 5; i++) say("%d: %x\n", i, list[i].revents);
  close(ends[0]);
  RESULT(ppoll_(list + 4, 1, &zero, 0, 0));
  say("%x\n", list[4].revents);
  int plain = open("file", O_RDWR | O_CREAT, 0600);
  struct pollfd one = {plain, POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM, 0};
  RESULT(ppoll_(&one, 1, &zero, 0, 0));
  say("%x\n", one.revents);
}

static void refusals(void) {
  struct pollfd entry = {0, 0, 0};
  uint64_t set = 0;
  struct timespec zero = {0, 0}, wrong = {0, 1000000000}, negative = {-1, 0};
  RESULT(ppoll_(&entry, 1UL << 31, &zero, 0, 0));
  RESULT(ppoll_(bad_pointer(), 1, &zero, 0, 0));
  RESULT(ppoll_(bad_pointer(), 0, &zero, 0, 0));
  RESULT(ppoll_(&entry, 0, bad_pointer(), 0, 0));
  RESULT(ppoll_(&entry, 0, &wrong, 0, 0));
  RESULT(ppoll_(&entry, 0, &negative, 0, 0));
  RESULT(ppoll_(&entry, 0, &zero, &set, 4));
  RESULT(ppoll_(&entry, 0, &zero, bad_pointer(), 8));
  RESULT(ppoll_(&entry, 0, &zero, 0, 4));
  struct {
    void *set;
    size_t size;
  } pair = {&set, 4}, missing = {0, 4}, bad = {bad_pointer(), 8};
  RESULT(pselect_(-1, 0, 0, 0, &zero, 0));
  RESULT(pselect_(0, 0, 0, 0, bad_pointer(), 0));
  RESULT(pselect_(0, 0, 0, 0, &wrong, 0));
  RESULT(pselect_(0, 0, 0, 0, &negative, 0));
  RESULT(pselect_(0, 0, 0, 0, &zero, bad_pointer()));
  RESULT(pselect_(0, 0, 0, 0, &zero, &pair));
  RESULT(pselect_(0, 0, 0, 0, &zero, &missing));
  RESULT(pselect_(0, 0, 0, 0, &zero, &bad));
  RESULT(pselect_(1, bad_pointer(), 0, 0, &zero, 0));
  RESULT(pselect_(1, 0, bad_pointer(), 0, &zero, 0));
  RESULT(pselect_(1, 0, 0, bad_pointer(), &zero, 0));
}

static void on_signal(int number) { say("handler of %s\n", signal_name(number)); }

static void masks(void) {
  sigset_t blocked;
  uint64_t none = 0;
  struct {
    void *set;
    size_t size;
  } pair = {&none, 8};
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  handle(SIGUSR1, on_signal, SA_RESTART);
  sigprocmask(SIG_BLOCK, &blocked, 0);
  kill(getpid(), SIGUSR1);
  RESULT(ppoll_(0, 0, 0, &none, 8));
  kill(getpid(), SIGUSR1);
  RESULT(pselect_(0, 0, 0, 0, 0, &pair));
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  say("blocked again: %d\n", sigismember(&now, SIGUSR1));
}

int main(void) {
  written_back();
  descriptors();
  refusals();
  masks();
  return 0;
}
