/* eventfd2: counting, semaphores, the highest values, blocking both ways, poll, refusals. */
#include "check.h"
#include <poll.h>
#include <sys/eventfd.h>

static uint64_t value;
static long get(int fd) { return read(fd, &value, 8); }
static long put(int fd, uint64_t number) { return write(fd, &number, 8); }
static int raised(int fd) {
  struct pollfd entry = {fd, POLLIN | POLLOUT, 0};
  return poll(&entry, 1, 0) < 0 ? -1 : entry.revents;
}

static void counting(void) {
  int fd = eventfd(5, EFD_NONBLOCK);
  say("after 5: events %d\n", raised(fd));
  RESULT(get(fd));
  say("value %llu, events %d\n", (unsigned long long)value, raised(fd));
  RESULT(get(fd));
  RESULT(put(fd, 1));
  RESULT(put(fd, 0x100000000));
  RESULT(get(fd));
  say("value %llx\n", (unsigned long long)value);
  RESULT(put(fd, UINT64_MAX));
  RESULT(put(fd, UINT64_MAX - 1));
  say("full: events %d\n", raised(fd));
  RESULT(put(fd, 1));
  RESULT(put(fd, 0));
  RESULT(get(fd));
  say("value %llx\n", (unsigned long long)value);
  close(fd);
}

static void semaphore(void) {
  int fd = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
  for (int i = 0; i < 3; i++) {
    value = 99;
    RESULT(get(fd));
    say("value %llu\n", (unsigned long long)value);
  }
  RESULT(put(fd, 0x100000000));
  RESULT(get(fd));
  RESULT(put(fd, UINT64_MAX - 1 - 0xffffffff));
  RESULT(put(fd, 1));
  close(fd);
}

static void blocking(void) {
  int fd = eventfd(0, 0);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++) put(fd, 1);
    _exit(0);
  }
  uint64_t sum = 0;
  while (sum < 3) {
    NEED(get(fd) == 8);
    sum += value;
  }
  reap("writer", child);
  say("read %llu in all\n", (unsigned long long)sum);
  put(fd, UINT64_MAX - 1);
  child = fork();
  if (child == 0) _exit(put(fd, 7) == 8 ? 0 : 1);
  sleep_ms(5);
  get(fd);
  reap("blocked writer", child);
  get(fd);
  say("then %llu\n", (unsigned long long)value);
  close(fd);
}

static void on_alarm(int number) { (void)number; }

static void interrupted(void) {
  int fd = eventfd(0, 0);
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(5);
  RESULT(get(fd));
  alarm_every_ms(0);
  close(fd);
}

static void refusals(void) {
  int fd = eventfd(1, 0);
  char bytes[16] = {0};
  RESULT(eventfd(0, 2));
  RESULT(read(fd, bytes, 7));
  RESULT(write(fd, bytes, 7));
  RESULT(read(fd, bad_pointer(), 8));
  RESULT(write(fd, bad_pointer(), 8));
  RESULT(ftruncate(fd, 0));
  RESULT(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  RESULT(fcntl(fd, F_GETFD));
  RESULT(ioctl(fd, 0x5413, bytes));
  RESULT(lseek(fd, 5, SEEK_SET));
  struct stat status;
  RESULT(fstat(fd, &status));
  say("mode %o\n", status.st_mode & 07777);
  int other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  RESULT(fcntl(other, F_GETFD));
  RESULT(fcntl(other, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  char path[64], name[64] = {0};
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  RESULT(readlink(path, name, sizeof name));
  say("%s\n", name);
  close(fd);
  close(other);
}

int main(void) {
  counting();
  semaphore();
  blocking();
  interrupted();
  refusals();
  return 0;
}
