/* Stops and continuations: SIGCONT discards stops and stops discard SIGCONT, also when blocked or
 * ignored; a stopped process takes nothing but SIGKILL; all threads stop. */
#include "check.h"
#include <pthread.h>

static volatile int *shared;
static void on_cont(int number) { shared[1]++; }

static int blocks(void) {
  sigset_t all, pending;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  raise(SIGTSTP);
  sigpending(&pending);
  say("SIGTSTP pending %d\n", sigismember(&pending, SIGTSTP));
  raise(SIGCONT);
  sigpending(&pending);
  say("after SIGCONT: SIGTSTP %d SIGCONT %d\n", sigismember(&pending, SIGTSTP),
      sigismember(&pending, SIGCONT));
  handle(SIGCONT, on_cont, 0);
  raise(SIGCONT);
  sigpending(&pending);
  say("with a handler: SIGCONT %d\n", sigismember(&pending, SIGCONT));
  raise(SIGTTIN);
  sigpending(&pending);
  say("after SIGTTIN: SIGCONT %d SIGTTIN %d\n", sigismember(&pending, SIGCONT),
      sigismember(&pending, SIGTTIN));
  raise(SIGCONT);
  return 0;
}

static void *counts(void *unused) {
  for (;;) shared[0]++;
}
static int runs(void) {
  pthread_t thread;
  handle(SIGCONT, on_cont, 0);
  pthread_create(&thread, 0, counts, 0);
  for (;;) pause();
}
static void on_usr(int number) { shared[2]++; }
static int handles(void) {
  setpgid(0, 0);
  handle(SIGUSR1, on_usr, 0);
  handle(SIGCONT, on_cont, 0);
  shared[3] = 1;
  for (;;) pause();
}

int main(void) {
  shared = shared_page();
  reap("blocks", spawn(blocks));
  int status;
  pid_t child = spawn(runs);
  while (!shared[0]) sleep_ms(1);
  kill(child, SIGSTOP);
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status("two threads", status);
  int before = shared[0];
  sleep_ms(10);
  IS(shared[0] == before);
  shared[1] = 0;
  kill(child, SIGCONT);
  while (!shared[1]) sleep_ms(1);
  while (shared[0] == before) sleep_ms(1);
  kill(child, SIGKILL);
  reap("goes on", child);

  shared[1] = 0;
  child = spawn(handles);
  while (!shared[3]) sleep_ms(1);
  kill(child, SIGTSTP);
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status("SIGTSTP", status);
  kill(child, SIGUSR1);
  kill(child, SIGUSR1);
  sleep_ms(5);
  say("while stopped: %d\n", shared[2]);
  RESULT(waitpid(child, &status, WUNTRACED | WNOHANG));
  kill(child, SIGCONT);
  while (!shared[2] || !shared[1]) sleep_ms(1);
  say("then: SIGUSR1 %d SIGCONT %d\n", shared[2], shared[1]);
  NEED(waitpid(child, &status, WCONTINUED) == child);
  show_status("SIGCONT", status);
  kill(child, SIGSTOP);
  NEED(waitpid(child, &status, WUNTRACED) == child);
  kill(child, SIGTERM);
  sleep_ms(5);
  RESULT(waitpid(child, &status, WNOHANG));
  kill(child, SIGKILL);
  reap("SIGKILL", child);

  child = spawn(handles);
  kill(child, SIGSTOP);
  NEED(waitpid(child, &status, WUNTRACED) == child);
  kill(child, SIGTERM);
  kill(child, SIGCONT);
  reap("SIGTERM once it goes on", child);
  return 0;
}
