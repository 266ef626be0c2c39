/* sigprocmask: block, unblock, set; what cannot be blocked; pending ones come at once; threads. */
#include "check.h"
#include <pthread.h>

static volatile int handled, handler_thread_is_first;
static void on_signal(int number) {
  handled = number;
  handler_thread_is_first = syscall(SYS_gettid) == getpid();
}

static void *other(void *gates) {
  Gate *gate = gates;
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, 0, &mask);
  say("thread inherits: USR1 %d\n", sigismember(&mask, SIGUSR1));
  sigemptyset(&mask);
  open_gate(&gate[0]);
  pthread_sigmask(SIG_SETMASK, &mask, 0);
  pass_gate(&gate[1]);
  return 0;
}

int main(void) {
  sigset_t set, old;
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  RESULT(sigprocmask(SIG_BLOCK, &set, &old));
  IS(!sigismember(&old, SIGUSR1));
  raise(SIGUSR1);
  say("handled %d\n", handled);
  RESULT(sigpending(&old));
  IS(sigismember(&old, SIGUSR1) && !sigismember(&old, SIGUSR2));
  RESULT(sigprocmask(SIG_UNBLOCK, &set, &old));
  IS(sigismember(&old, SIGUSR1));
  say("handled %s\n", signal_name(handled));
  sigfillset(&set);
  RESULT(sigprocmask(SIG_SETMASK, &set, 0));
  RESULT(sigprocmask(SIG_SETMASK, 0, &old));
  IS(!sigismember(&old, SIGKILL) && !sigismember(&old, SIGSTOP) && sigismember(&old, SIGTERM));
  RESULT(sigprocmask(77, &set, 0));
  RESULT(sigprocmask(77, 0, &old));
  RESULT(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad_pointer(), 0, 8));
  RESULT(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, bad_pointer(), 8));
  RESULT(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 128));
  RESULT(syscall(SYS_rt_sigpending, bad_pointer(), 8));

  /* A signal to the process goes to a thread that does not block it. */
  Gate gates[2] = {new_gate(), new_gate()};
  pthread_t thread;
  handled = 0;
  pthread_create(&thread, 0, other, gates);
  pass_gate(&gates[0]);
  kill(getpid(), SIGUSR2);
  for (int i = 0; i < 1000 && !handled; i++) sleep_ms(1);
  say("handled %s, in the first thread %d\n", signal_name(handled), handler_thread_is_first);
  handled = 0;
  syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2);
  sleep_ms(5);
  say("blocked in its thread: %d\n", handled);
  sigpending(&old);
  IS(sigismember(&old, SIGUSR2));
  open_gate(&gates[1]);
  pthread_join(thread, 0);
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, 0);
  say("handled %s, in the first thread %d\n", signal_name(handled), handler_thread_is_first);
  return 0;
}
