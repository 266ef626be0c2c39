/* Stress: a token goes round a ring of processes, alternately by pipe and by signal, while threads
 * of each count under a mutex. */
#include "check.h"
#include <pthread.h>

enum { RING = 5, ROUNDS = 20 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counted;
static volatile int signalled;
static void on_signal(int number) { signalled += number == SIGUSR1; }

static void *counts(void *unused) {
  for (int i = 0; i < 100; i++) {
    pthread_mutex_lock(&mutex);
    counted++;
    if (i % 25 == 0) sched_yield();
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

static int member(int self, int in, int out, volatile pid_t *pids) {
  sigset_t blocked, open_mask;
  pthread_t threads[2];
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  handle(SIGUSR1, on_signal, SA_RESTART);
  pids[self] = getpid();
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], 0, counts, 0) == 0);
  int token = 0;
  for (int round = 0; round < ROUNDS + (self == 0); round++) {
    if (self != 0 || round > 0) {
      /* The signal precedes the token, and the next one follows it: none is merged. */
      NEED(read(in, &token, sizeof token) == sizeof token);
      while (!signalled) sigsuspend(&open_mask);
      signalled = 0;
    }
    if (round == ROUNDS) break;
    token++;
    while (!pids[(self + 1) % RING]) sched_yield();
    kill(pids[(self + 1) % RING], SIGUSR1);
    NEED(write(out, &token, sizeof token) == sizeof token);
  }
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  if (self == 0) say("token %d\n", token);
  return counted;
}

int main(void) {
  volatile pid_t *pids = shared_page();
  int ends[RING][2];
  pid_t children[RING];
  for (int i = 0; i < RING; i++) NEED(pipe(ends[i]) == 0);
  for (int i = 0; i < RING; i++) {
    children[i] = fork();
    if (children[i] == 0) _exit(member(i, ends[i][0], ends[(i + 1) % RING][1], pids));
  }
  for (int i = 0; i < RING; i++) reap("member", children[i]);
  return 0;
}
