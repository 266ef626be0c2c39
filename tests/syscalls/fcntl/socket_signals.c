/* O_ASYNC on sockets: SIGIO when something comes, when there is room again, when the peer goes. */
#include "check.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static volatile int signals, bands;
static void on_signal(int number, siginfo_t *info, void *context) {
  signals++;
  bands |= info->si_code == POLL_IN ? 1 : info->si_code == POLL_OUT ? 2 : 4;
}
static void on_plain(int number) { signals++; }

static void show(const char *what) {
  say("%s: %s", what, signals ? "signal" : "none");
  signals = 0;
  say(bands ? " %d\n" : "\n", bands);
  bands = 0;
}

int main(void) {
  int ends[2], on = 1;
  static char block[60000];
  handle(SIGIO, on_plain, 0);
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  NEED(fcntl(ends[0], F_SETOWN, getpid()) == 0);
  NEED(send(ends[1], "x", 1, 0) == 1);
  show("not asked for");
  NEED(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
  show("asked");
  NEED(send(ends[1], "x", 1, 0) == 1);
  show("sent");
  NEED(write(ends[1], "x", 1) == 1);
  show("written");
  NEED(send(ends[0], "x", 1, 0) == 1);
  show("own");
  while (send(ends[0], block, sizeof block, 0) > 0) continue;
  show("full");
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  NEED(send(ends[1], "x", 1, 0) == 1);
  show("off");
  close(ends[1]);
  NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
  NEED(fcntl(ends[0], F_SETOWN, getpid()) == 0 && ioctl(ends[0], FIOASYNC, &on) == 0);
  NEED(send(ends[1], "x", 1, 0) == 1);
  show("datagram");
  handle_info(SIGRTMIN, on_signal, 0);
  NEED(fcntl(ends[0], F_SETSIG, SIGRTMIN) == 0);
  NEED(send(ends[1], "x", 1, 0) == 1);
  show("with a band");
  struct sockaddr_un address = {AF_UNIX, "\0signals"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr *)&address, 10) == 0 && listen(listener, 1) == 0);
  NEED(fcntl(listener, F_SETOWN, getpid()) == 0 && fcntl(listener, F_SETFL, O_ASYNC) == 0);
  NEED(connect(client, (struct sockaddr *)&address, 10) == 0);
  show("connected");
  int server = accept(listener, 0, 0);
  NEED(fcntl(server, F_SETOWN, getpid()) == 0 && fcntl(server, F_SETFL, O_ASYNC) == 0);
  NEED(shutdown(client, SHUT_WR) == 0);
  show("half closed");
  NEED(close(client) == 0);
  show("closed");
  return 0;
}
