/* Stress: fork, pipes and signals at once, with one possible output. Workers square numbers for a
 * parent that polls them, while a timer interrupts everybody. */
#include "check.h"
#include <poll.h>

enum { WORKERS = 4, TASKS = 60 };

static volatile int ticks;
static void on_alarm(int number) { ticks += number == SIGALRM; }

static long full(ssize_t (*call)(int, void *, size_t), int file, void *bytes, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t count = call(file, (char *)bytes + done, length - done);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) return -1;
    if (count > 0) done += (size_t)count;
  }
  return (long)done;
}
static ssize_t writes(int file, void *bytes, size_t length) { return write(file, bytes, length); }

static void worker(int in, int out) {
  long task;
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(3);
  int done = 0;
  while (full(read, in, &task, sizeof task) == sizeof task) {
    task *= task;
    if (full(writes, out, &task, sizeof task) != sizeof task) _exit(90);
    done++;
  }
  _exit(done);
}

int main(void) {
  struct {
    int in, out;
    pid_t pid;
    int given, got;
  } workers[WORKERS];
  handle(SIGALRM, on_alarm, SA_RESTART);
  alarm_every_ms(3);
  for (int i = 0; i < WORKERS; i++) {
    int there[2], back[2];
    NEED(pipe2(there, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0);
    pid_t pid;
    do pid = fork();
    while (pid < 0 && errno == EINTR);
    if (pid == 0) {
      close(there[1]);
      close(back[0]);
      for (int j = 0; j < i; j++) close(workers[j].in), close(workers[j].out);
      worker(there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    workers[i].in = there[1], workers[i].out = back[0], workers[i].pid = pid;
    workers[i].given = workers[i].got = 0;
  }
  long sum = 0, answers = 0;
  while (answers < WORKERS * TASKS) {
    struct pollfd entries[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
      if (workers[i].given < TASKS && workers[i].given < workers[i].got + 8) {
        long task = i * TASKS + workers[i].given++;
        NEED(full(writes, workers[i].in, &task, sizeof task) == sizeof task);
      }
      entries[i] = (struct pollfd){workers[i].out, POLLIN, 0};
    }
    int ready = poll(entries, WORKERS, 1);
    NEED(ready >= 0 || errno == EINTR);
    for (int i = 0; ready > 0 && i < WORKERS; i++) {
      long answer;
      if (!(entries[i].revents & POLLIN)) continue;
      NEED(full(read, workers[i].out, &answer, sizeof answer) == sizeof answer);
      sum += answer;
      answers++;
      workers[i].got++;
    }
  }
  alarm_every_ms(0);
  for (int i = 0; i < WORKERS; i++) close(workers[i].in);
  for (int i = 0; i < WORKERS; i++) reap("worker", workers[i].pid);
  say("answers %ld, sum of squares %ld\n", answers, sum);
  return 0;
}
