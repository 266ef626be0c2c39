/* tgkill and tkill: a signal to one thread; errors. */
#include "check.h"
#include <pthread.h>

static volatile pid_t handler_tid, tid;
static volatile int stop;
static void on_signal(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  handler_tid = (pid_t)syscall(SYS_gettid);
  stop = info->si_code == SI_TKILL ? 1 : 2;
}

static void *waits(void *unused) {
  tid = (pid_t)syscall(SYS_gettid);
  while (!stop) sleep_ms(1);
  return unused;
}

int main(void) {
  pthread_t thread;
  handle_info(SIGUSR1, on_signal, 0);
  pthread_create(&thread, 0, waits, 0);
  while (!tid) sleep_ms(1);
  RESULT(syscall(SYS_tgkill, getpid(), tid, 0));
  RESULT(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
  pthread_join(thread, 0);
  IS(handler_tid == tid && stop == 1);
  RESULT(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
  IS(handler_tid == getpid());
  RESULT(syscall(SYS_tgkill, 1 << 30, getpid(), SIGUSR1));
  RESULT(syscall(SYS_tgkill, getpid(), 1 << 30, SIGUSR1));
  RESULT(syscall(SYS_tgkill, 0, getpid(), SIGUSR1));
  RESULT(syscall(SYS_tgkill, getpid(), -1, SIGUSR1));
  RESULT(syscall(SYS_tgkill, getpid(), getpid(), 65));
  RESULT(syscall(SYS_tkill, getpid(), 0));
  RESULT(syscall(SYS_tkill, -1, 0));
  pid_t child = fork();
  if (child == 0) {
    stop = 0;
    tid = 0;
    pthread_create(&thread, 0, waits, 0);
    while (!tid) sleep_ms(1);
    syscall(SYS_tgkill, getpid(), tid, SIGTERM);
    for (;;) pause();
  }
  reap("a fatal signal to one thread ends all", child);
  return 0;
}
