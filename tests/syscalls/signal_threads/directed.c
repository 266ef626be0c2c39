/* Signals to a process go to a thread that does not block them, those to a thread to no other;
 * pending ones are taken when they are unblocked; each thread has a mask and a pending set. */
#include "check.h"
#include <pthread.h>

static volatile int ran_in, count;
static __thread int which;
static Gate ready, go;
static void on_signal(int number) {
  ran_in = which;
  count++;
}
static void set_mask(int how, int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(how, &set, 0);
}
static int is_pending(int number) {
  sigset_t set;
  sigpending(&set);
  return sigismember(&set, number);
}

static volatile pid_t ids[3];
static void *open_thread(void *number) {
  which = (int)(long)number;
  ids[which] = syscall(SYS_gettid);
  set_mask(SIG_UNBLOCK, SIGUSR1);
  open_gate(&ready);
  pass_gate(&go);
  say("thread %d: SIGUSR2 pending %d\n", which, is_pending(SIGUSR2));
  open_gate(&ready);
  pass_gate(&go);
  set_mask(SIG_UNBLOCK, SIGUSR2);
  open_gate(&ready);
  return 0;
}
static void await(int wanted) {
  while (count < wanted) sleep_ms(1);
  say("ran in %d\n", ran_in);
}

static void *calls_exit(void *unused) { exit(6); }
static void *loops(void *unused) {
  for (;;) continue;
}
static int ends_all(void) {
  pthread_t one, two;
  pthread_create(&one, 0, loops, 0);
  pthread_create(&two, 0, calls_exit, 0);
  for (;;) pause();
}
static void *faults(void *unused) {
  *(volatile int *)bad_pointer() = 1;
  return 0;
}
static int dies(void) {
  pthread_t one;
  pthread_create(&one, 0, faults, 0);
  for (;;) pause();
}
static int leader_first(void) {
  pthread_t one;
  pthread_create(&one, 0, faults, 0);
  pthread_exit(0);
}

int main(void) {
  ready = new_gate(), go = new_gate();
  handle(SIGUSR1, on_signal, SA_RESTART);
  handle(SIGUSR2, on_signal, SA_RESTART);
  set_mask(SIG_BLOCK, SIGUSR1);
  set_mask(SIG_BLOCK, SIGUSR2);
  which = 9;
  pthread_t thread;
  NEED(pthread_create(&thread, 0, open_thread, (void *)1) == 0);
  pass_gate(&ready);
  kill(getpid(), SIGUSR1);
  await(1);
  kill(getpid(), SIGUSR2);
  say("to the process: pending %d, ran %d\n", is_pending(SIGUSR2), count);
  set_mask(SIG_UNBLOCK, SIGUSR2);
  await(2);
  set_mask(SIG_BLOCK, SIGUSR2);
  syscall(SYS_tgkill, getpid(), ids[1], SIGUSR2);
  say("to the thread: pending here %d, ran %d\n", is_pending(SIGUSR2), count);
  set_mask(SIG_UNBLOCK, SIGUSR2);
  say("unblocked here: ran %d\n", count);
  open_gate(&go);
  pass_gate(&ready);
  open_gate(&go);
  pass_gate(&ready);
  NEED(pthread_join(thread, 0) == 0);
  await(3);
  reap("exit in a thread", spawn(ends_all));
  reap("fault in a thread", spawn(dies));
  reap("fault when the first has left", spawn(leader_first));
  return 0;
}
