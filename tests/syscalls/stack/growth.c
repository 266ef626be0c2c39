/* The stack grows by itself up to the limit; a thread's guard page ends it; execve's vectors lie
 * above it. */
#include "check.h"
#include <pthread.h>

static int descend(int levels) {
  volatile char frame[8192];
  frame[0] = (char)levels;
  frame[8191] = 1;
  return levels ? descend(levels - 1) + frame[8191] : frame[0];
}

static int deep(void) { return descend(700) == 700 ? 1 : 2; }
static int bottomless(void) {
  struct rlimit limit = {1 << 20, 1 << 20};
  NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
  return descend(1 << 20) ? 1 : 2;
}
static void *in_thread(void *levels) { return (void *)(long)descend((int)(long)levels); }
static int thread_overflow(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  NEED(pthread_attr_setstacksize(&attributes, 128 * 1024) == 0);
  NEED(pthread_create(&thread, &attributes, in_thread, (void *)5) == 0);
  NEED(pthread_join(thread, 0) == 0);
  say("five frames fit\n");
  NEED(pthread_create(&thread, &attributes, in_thread, (void *)40) == 0);
  pthread_join(thread, 0);
  return 1;
}

int main(void) {
  reap("5.6 MB of stack", spawn(deep));
  reap("no end", spawn(bottomless));
  reap("a thread's guard", spawn(thread_overflow));
  struct rlimit limit;
  RESULT(getrlimit(RLIMIT_STACK, &limit));
  IS(limit.rlim_cur >= 8 << 20);
  return 0;
}
