/* execve and signals: handled ones become default, ignored ones stay, mask and pending stay. */
#include "check.h"

static void on_signal(int number) { (void)number; }

static const char *disposition(int number) {
  struct sigaction action;
  NEED(sigaction(number, 0, &action) == 0);
  return action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "?";
}

int main(int count, char **arguments) {
  sigset_t mask;
  if (count > 1) {
    say("HUP %s, USR1 %s, CHLD %s\n", disposition(SIGHUP), disposition(SIGUSR1),
        disposition(SIGCHLD));
    sigprocmask(SIG_BLOCK, 0, &mask);
    say("blocked: USR2 %d, TERM %d\n", sigismember(&mask, SIGUSR2), sigismember(&mask, SIGTERM));
    sigpending(&mask);
    say("pending: USR2 %d, TERM %d\n", sigismember(&mask, SIGUSR2), sigismember(&mask, SIGTERM));
    stack_t stack;
    NEED(sigaltstack(0, &stack) == 0);
    IS(stack.ss_flags == SS_DISABLE);
    IS(alarm(0) > 90);
    char *end[] = {arguments[0], 0};
    IS(getpid() == atoi(arguments[1]));
    sigemptyset(&mask);
    handle(SIGUSR2, SIG_DFL, 0);
    sigprocmask(SIG_SETMASK, &mask, 0);
    say("not reached %p\n", (void *)end);
    return 0;
  }
  pid_t child = fork();
  if (child == 0) {
    char pid[20], *list[] = {arguments[0], pid, 0};
    snprintf(pid, sizeof pid, "%d", getpid());
    signal(SIGHUP, SIG_IGN);
    handle(SIGUSR1, on_signal, SA_RESTART);
    handle(SIGUSR2, on_signal, 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, 0);
    raise(SIGUSR2);
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
    NEED(sigaltstack(&stack, 0) == 0);
    alarm(100);
    execv(arguments[0], list);
    _exit(127);
  }
  reap("child", child);
  return 0;
}
