/* More than fits, both ways and in lines: writers wait, nothing is lost or out of order. */
#include "terminal.h"

enum { TOTAL = 200000, CHUNK = 7001 };

static unsigned char at(int position) { return (unsigned char)(33 + position % 89); }

static int produce(int fd) {
  char bytes[CHUNK];
  for (int done = 0; done < TOTAL;) {
    int length = TOTAL - done < CHUNK ? TOTAL - done : CHUNK;
    for (int i = 0; i < length; i++) bytes[i] = (char)at(done + i);
    ssize_t count = write(fd, bytes, (size_t)length);
    if (count <= 0) return 1;
    done += (int)count;
  }
  return 0;
}

static void consume(const char *what, int fd) {
  char bytes[5000];
  int done = 0, wrong = 0;
  while (done < TOTAL) {
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0) break;
    for (int i = 0; i < count; i++) wrong += (unsigned char)bytes[i] != at(done + i);
    done += (int)count;
  }
  say("%s: %d bytes, %d wrong\n", what, done, wrong);
}

static void run(const char *what, int from, int to) {
  pid_t child = fork();
  if (child == 0) _exit(produce(from));
  consume(what, to);
  reap("writer", child);
}

int main(void) {
  Pair pair = open_pair();
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  struct termios raw = settings;
  cfmakeraw(&raw);
  NEED(tcsetattr(pair.slave, TCSANOW, &raw) == 0);
  run("slave to master", pair.slave, pair.master);
  run("master to slave", pair.master, pair.slave);

  raw.c_oflag = OPOST | ONLCR;
  NEED(tcsetattr(pair.slave, TCSANOW, &raw) == 0);
  pid_t child = fork();
  if (child == 0) {
    char lines[3000];
    memset(lines, '\n', sizeof lines);
    for (int i = 0; i < 20; i++)
      if (write(pair.slave, lines, sizeof lines) != sizeof lines) _exit(1);
    _exit(0);
  }
  int done = 0, wrong = 0;
  while (done < 120000) {
    char bytes[4096];
    ssize_t count = read(pair.master, bytes, sizeof bytes);
    if (count <= 0) break;
    for (int i = 0; i < count; i++) wrong += bytes[i] != ((done + i) % 2 ? '\n' : '\r');
    done += (int)count;
  }
  say("twice as much: %d bytes, %d wrong\n", done, wrong);
  reap("writer", child);

  settings.c_lflag &= ~(tcflag_t)ECHO;
  NEED(tcsetattr(pair.slave, TCSANOW, &settings) == 0);
  child = fork();
  if (child == 0) {
    char line[101];
    memset(line, 'x', 100);
    line[100] = '\n';
    for (int i = 0; i < 500; i++)
      if (write(pair.master, line, 101) != 101) _exit(1);
    _exit(0);
  }
  int lines = 0;
  for (; lines < 500; lines++) {
    char bytes[200];
    ssize_t count = read(pair.slave, bytes, sizeof bytes);
    if (count != 101 || bytes[100] != '\n') break;
  }
  say("%d lines\n", lines);
  reap("writer", child);

  NEED(fcntl(pair.master, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  NEED(fcntl(pair.slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  char bytes[4096] = {0};
  NEED(tcsetattr(pair.slave, TCSANOW, &raw) == 0);
  ssize_t count;
  while ((count = write(pair.slave, bytes, sizeof bytes)) > 0) continue;
  say("slave full: %s\n", error_name(errno));
  struct pollfd ask = {.fd = pair.slave, .events = POLLOUT};
  count = poll(&ask, 1, 0);
  say("poll %zd\n", count);
  while (read(pair.master, bytes, sizeof bytes) > 0) continue;
  count = poll(&ask, 1, 200);
  say("poll %zd: %x\n", count, ask.revents);
  while ((count = write(pair.master, bytes, sizeof bytes)) > 0) continue;
  say("master full: %s\n", error_name(errno));
  ask.fd = pair.master;
  while (collect(pair.slave, bytes, sizeof bytes, 50) > 0) continue;
  count = poll(&ask, 1, 200);
  say("poll %zd: %x\n", count, ask.revents);
  return 0;
}
