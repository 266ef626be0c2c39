/* pause returns only after a handler ran: EINTR, whatever SA_RESTART says. */
#include "check.h"

static volatile int handled;
static void on_signal(int number) { handled += number == SIGALRM; }

int main(void) {
  handle(SIGALRM, on_signal, 0);
  alarm_every_ms(20);
  RESULT(pause());
  IS(handled >= 1);
  handle(SIGALRM, on_signal, SA_RESTART);
  RESULT(pause());
  IS(handled >= 2);
  alarm_every_ms(0);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGUSR1, SIG_IGN);
    pause();
    _exit(1);
  }
  sleep_ms(20);
  kill(child, SIGCONT);
  kill(child, SIGSTOP);
  int status;
  NEED(waitpid(child, &status, WUNTRACED) == child);
  show_status("child", status);
  kill(child, SIGCONT);
  sleep_ms(20);
  RESULT(waitpid(child, &status, WNOHANG));
  kill(child, SIGHUP);
  reap("child", child);
  return 0;
}
