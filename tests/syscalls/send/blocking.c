/* A sender waits for room and a receiver for bytes; timeouts, signals, what was sent so far. */
#include "check.h"
#include <sys/socket.h>

static int ends[2];
static char block[100000];
enum { TOTAL = 3000000 };

static int writer(void) {
  close(ends[0]);
  long done = 0;
  unsigned next = 0;
  while (done < TOTAL) {
    for (int at = 0; at < (int)sizeof block; at++) block[at] = (char)((next = next * 5 + 3) >> 7);
    long count = send(ends[1], block, sizeof block, 0);
    if (count != sizeof block) return 1;
    done += count;
  }
  return 0;
}

static int late(void) {
  sleep_ms(20);
  if (send(ends[1], "ab", 2, 0) != 2) return 1;
  sleep_ms(20);
  if (send(ends[1], "cd", 2, 0) != 2) return 1;
  return 0;
}

static void on_alarm(int number) {}

int main(void) {
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t pid = spawn(writer);
  long done = 0;
  unsigned next = 0;
  int wrong = 0;
  static char piece[7777];
  while (done < TOTAL) {
    long count = recv(ends[0], piece, sizeof piece, 0);
    NEED(count > 0);
    for (int at = 0; at < count; at++) wrong |= piece[at] != (char)((next = next * 5 + 3) >> 7);
    done += count;
  }
  say("%ld bytes, wrong: %d\n", done, wrong);
  reap("writer", pid);

  pid = spawn(late);
  char text[8] = "";
  RESULT(recv(ends[0], text, 4, MSG_WAITALL));
  say("%s\n", text);
  reap("late", pid);
  pid = spawn(late);
  RESULT(recv(ends[0], text, 4, 0));
  reap("late", pid);
  RESULT(recv(ends[0], text, 4, 0));

  struct timeval time = {0, 20000};
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0);
  NEED(setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0);
  RESULT(recv(ends[0], text, 4, 0));
  RESULT(send(ends[1], "x", 1, 0));
  RESULT(recv(ends[0], text, 4, MSG_WAITALL));
  RESULT(read(ends[0], text, 4));
  int count = 0;
  while (send(ends[1], block, sizeof block, 0) > 0) count++;
  say("full: %s, some went: %d\n", error_name(errno), count > 0);
  IS(send(ends[1], block, sizeof block, MSG_DONTWAIT) == -1 && errno == EAGAIN);
  close(ends[0]);
  close(ends[1]);

  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(recv(ends[0], text, 4, 0));
  long sent = send(ends[1], block, sizeof block, 0);
  while (sent == sizeof block) sent = send(ends[1], block, sizeof block, 0);
  IS(sent == -1 ? errno == EINTR : sent < (long)sizeof block);
  alarm_every_ms(0);
  RESULT(shutdown(ends[1], SHUT_WR));
  while ((sent = recv(ends[0], block, sizeof block, 0)) > 0) continue;
  say("end: %ld\n", sent);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  handle(SIGALRM, on_alarm, SA_RESTART);
  pid = spawn(late);
  alarm_every_ms(5);
  RESULT(recv(ends[0], text, 4, 0));
  alarm_every_ms(0);
  reap("late", pid);
  return 0;
}
