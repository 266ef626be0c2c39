/* SA_RESTART and waiting on sockets: a call goes on, unless SO_RCVTIMEO or SO_SNDTIMEO limits it. */
#include "check.h"
#include <sys/socket.h>
#include <sys/un.h>

static int ends[2];
static volatile int alarms;
static void on_alarm(int number) { alarms++; }

static int late(void) {
  sleep_ms(40);
  return send(ends[1], "late", 4, 0) == 4 ? 0 : 1;
}

int main(void) {
  char text[8];
  struct timeval time = {100, 0};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  handle(SIGALRM, on_alarm, SA_RESTART);
  pid_t pid = spawn(late);
  alarm_every_ms(5);
  RESULT(recv(ends[0], text, 8, 0));
  IS(alarms > 0);
  alarm_every_ms(0);
  reap("late", pid);
  pid = spawn(late);
  alarm_every_ms(5);
  RESULT(read(ends[0], text, 8));
  alarm_every_ms(0);
  reap("late", pid);
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
  alarm_every_ms(5);
  RESULT(recv(ends[0], text, 8, 0));
  alarm_every_ms(0);

  struct sockaddr_un address = {AF_UNIX, "\0restart"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 10) == 0 && listen(listener, 1) == 0);
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
  alarm_every_ms(5);
  RESULT(accept(listener, 0, 0));
  alarm_every_ms(0);
  return 0;
}
