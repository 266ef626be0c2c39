/* exit: status, buffers, handlers of atexit; exit_group ends all threads; the last thread counts. */
#include "check.h"
#include <pthread.h>

static void at_exit(void) { say("atexit ran\n"); }
static int normal(void) {
  atexit(at_exit);
  exit(300);
}
static int at_once(void) {
  atexit(at_exit);
  _exit(-1);
}
static void *ends_all(void *unused) {
  sleep_ms(10);
  syscall(SYS_exit_group, 12);
  return unused;
}
static int from_thread(void) {
  pthread_t thread;
  NEED(pthread_create(&thread, 0, ends_all, 0) == 0);
  for (;;) pause();
}
static void *outlives(void *unused) {
  sleep_ms(20);
  say("the other thread goes on\n");
  exit(13);
  return unused;
}
static int first_leaves(void) {
  pthread_t thread;
  NEED(pthread_create(&thread, 0, outlives, 0) == 0);
  pthread_exit(0);
}
static void *blocked(void *gate) {
  char byte;
  read(*(int *)gate, &byte, 1);
  return 0;
}
static int with_blocked(void) {
  Gate gate = new_gate();
  pthread_t thread;
  for (int i = 0; i < 5; i++) NEED(pthread_create(&thread, 0, blocked, &gate.ends[0]) == 0);
  return 14;
}
static int closes(void) {
  return 0;
}

int main(void) {
  reap("exit(300)", spawn(normal));
  reap("_exit(-1)", spawn(at_once));
  reap("exit_group in a thread", spawn(from_thread));
  reap("first thread left", spawn(first_leaves));
  reap("threads blocked", spawn(with_blocked));
  int ends[2];
  char byte;
  NEED(pipe(ends) == 0);
  pid_t child = spawn(closes);
  close(ends[1]);
  RESULT(read(ends[0], &byte, 1));
  reap("closed its descriptors", child);
  return 0x1ff;
}
