/* A server on a path in a single process (poll, non-blocking sockets) and several clients at once,
 * each with texts of its own in pieces; every byte comes back, to whom it belongs. */
#include "check.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CLIENTS = 6, ROUNDS = 40, LONGEST = 5000 };

static struct sockaddr_un address = {AF_UNIX, "echo"};

static int client(int number) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return 1;
  static char sent[LONGEST], got[LONGEST];
  unsigned seed = number * 7919 + 1;
  for (int round = 0; round < ROUNDS; round++) {
    seed = seed * 1103515245 + 12345;
    size_t length = 1 + (seed >> 8) % LONGEST;
    for (size_t at = 0; at < length; at++) sent[at] = (char)(seed = seed * 69069 + number);
    if (send(fd, sent, length, 0) != (ssize_t)length) return 2;
    if (recv(fd, got, length, MSG_WAITALL) != (ssize_t)length) return 3;
    if (memcmp(sent, got, length) != 0) return 4;
  }
  if (shutdown(fd, SHUT_WR) < 0) return 5;
  if (recv(fd, got, sizeof got, 0) != 0) return 6;
  return 0;
}

/* What was read and not yet written back, for one client. */
struct peer {
  char bytes[LONGEST];
  size_t length;
  int ended;
};

int main(void) {
  NEED(mkdir("echoserver.d", 0755) == 0 && chdir("echoserver.d") == 0);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  NEED(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  NEED(listen(listener, CLIENTS) == 0);
  pid_t pids[CLIENTS];
  for (int number = 0; number < CLIENTS; number++) {
    pids[number] = fork();
    if (pids[number] == 0) {
      close(listener);
      _exit(client(number));
    }
  }
  static struct peer peers[CLIENTS + 1];
  struct pollfd polled[CLIENTS + 1] = {{listener, POLLIN, 0}};
  int count = 1, ended = 0;
  while (ended < CLIENTS) {
    NEED(poll(polled, count, 10000) > 0);
    if (polled[0].revents & POLLIN) {
      polled[count].fd = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (polled[count].fd >= 0) polled[count++].events = POLLIN;
    }
    for (int at = 1; at < count; at++) {
      struct peer *peer = &peers[at];
      if (polled[at].fd < 0 || polled[at].revents == 0) continue;
      if (polled[at].revents & POLLIN) {
        ssize_t got = recv(polled[at].fd, peer->bytes + peer->length, LONGEST - peer->length, 0);
        if (got == 0) peer->ended = 1;
        if (got > 0) peer->length += got;
      }
      if (peer->length > 0) {
        ssize_t put = send(polled[at].fd, peer->bytes, peer->length, MSG_NOSIGNAL);
        if (put > 0) memmove(peer->bytes, peer->bytes + put, peer->length -= put);
      }
      if (peer->ended && peer->length == 0) {
        close(polled[at].fd);
        polled[at].fd = -1;
        ended++;
        continue;
      }
      polled[at].events = (peer->length > 0 ? POLLOUT : 0) |
                          (peer->length < LONGEST && !peer->ended ? POLLIN : 0);
    }
  }
  for (int number = 0; number < CLIENTS; number++) reap("client", pids[number]);
  return 0;
}
