/* Condition variables, barriers, semaphores, once, read-write locks, timed waits between threads. */
#include "check.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t slots, items;
static int queue[4], head, tail, turn, initialised, phase_sum[5];

static void initialise(void) { initialised++; }

static void *takes_turns(void *argument) {
  int self = (int)(long)argument;
  for (int i = 0; i < 20; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % 4 != self) pthread_cond_wait(&condition, &mutex);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *phases(void *argument) {
  long leader = 0;
  pthread_once(&once, initialise);
  for (int phase = 0; phase < 5; phase++) {
    __atomic_add_fetch(&phase_sum[phase], (int)(long)argument, __ATOMIC_SEQ_CST);
    leader += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    if (phase_sum[phase] != 6) say("phase %d left early\n", phase);
    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_unlock(&lock);
  }
  return (void *)leader;
}

static void *consumes(void *unused) {
  (void)unused;
  long sum = 0;
  for (int i = 0; i < 100; i++) {
    sem_wait(&items);
    sum += queue[head++ % 4];
    sem_post(&slots);
  }
  return (void *)sum;
}

int main(void) {
  pthread_t threads[4];
  void *result;
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], 0, takes_turns, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  say("turns %d\n", turn);

  long leaders = 0;
  pthread_barrier_init(&barrier, 0, 4);
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], 0, phases, (void *)i);
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], &result);
    leaders += (long)result;
  }
  say("leaders %ld, initialised %d\n", leaders, initialised);

  sem_init(&slots, 0, 4);
  sem_init(&items, 0, 0);
  pthread_create(&threads[0], 0, consumes, 0);
  for (int i = 0; i < 100; i++) {
    sem_wait(&slots);
    queue[tail++ % 4] = i;
    sem_post(&items);
  }
  pthread_join(threads[0], &result);
  say("consumed %ld\n", (long)result);

  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  say("timed wait: %s\n", error_name(pthread_cond_timedwait(&condition, &mutex, &until)));
  say("trylock: %s\n", error_name(pthread_mutex_trylock(&mutex)));
  pthread_mutex_unlock(&mutex);
  say("sem_trywait: ");
  RESULT(sem_trywait(&items));
  return 0;
}
