/* Without ICANON: MIN and TIME in all four cases, and O_NONBLOCK with each. */
#include "terminal.h"

static void set(Pair pair, cc_t minimum, cc_t time) {
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  settings.c_cc[VMIN] = minimum;
  settings.c_cc[VTIME] = time;
  NEED(tcsetattr(pair.slave, TCSANOW, &settings) == 0);
  say("== MIN %d TIME %d\n", minimum, time);
}

static void take(Pair pair, const char *what, size_t length) {
  char bytes[100];
  show_bytes(what, bytes, read(pair.slave, bytes, length));
}

static void ready(Pair pair) {
  struct pollfd ask = {.fd = pair.slave, .events = POLLIN};
  say("poll %d\n", poll(&ask, 1, 50));
}

static void later(Pair pair, const char *first, const char *second, int between_ms) {
  if (fork() == 0) {
    sleep_ms(60);
    type(pair, first);
    sleep_ms(between_ms);
    type(pair, second);
    _exit(0);
  }
}

int main(void) {
  Pair pair = open_pair();
  struct termios settings;
  NEED(tcgetattr(pair.slave, &settings) == 0);
  cfmakeraw(&settings);
  NEED(tcsetattr(pair.slave, TCSANOW, &settings) == 0);

  set(pair, 0, 0);
  take(pair, "nothing there", 10);
  ready(pair);
  type(pair, "abc");
  ready(pair);
  take(pair, "some", 2);
  take(pair, "rest", 10);

  set(pair, 0, 1);
  take(pair, "time is over", 10);
  type(pair, "abc");
  ready(pair);
  take(pair, "at once", 10);
  later(pair, "x", "", 0);
  set(pair, 0, 50);
  take(pair, "within the time", 10);
  wait(0);

  set(pair, 3, 0);
  type(pair, "ab");
  ready(pair);
  later(pair, "c", "", 0);
  take(pair, "three", 10);
  wait(0);
  type(pair, "abcde");
  ready(pair);
  take(pair, "more than MIN", 10);
  type(pair, "ab");
  sleep_ms(30);
  take(pair, "a small buffer is enough", 2);
  type(pair, "abcdef");
  ready(pair);
  take(pair, "a part", 4);
  take(pair, "less than MIN, as much as asked", 2);

  set(pair, 3, 1);
  later(pair, "a", "", 0);
  take(pair, "one, then the time is over", 10);
  wait(0);
  later(pair, "ab", "cd", 10);
  set(pair, 4, 20);
  take(pair, "in time", 10);
  wait(0);
  type(pair, "abcd");
  ready(pair);
  take(pair, "at once", 10);

  NEED(fcntl(pair.slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  set(pair, 0, 0);
  take(pair, "nonblocking", 10);
  set(pair, 0, 5);
  take(pair, "nonblocking", 10);
  set(pair, 1, 0);
  take(pair, "nonblocking", 10);
  set(pair, 3, 0);
  type(pair, "ab");
  sleep_ms(30);
  take(pair, "nonblocking, less than MIN", 10);
  take(pair, "nonblocking", 10);
  RESULT(read(pair.slave, bad_pointer(), 0));
  type(pair, "abc");
  sleep_ms(30);
  RESULT(read(pair.slave, bad_pointer(), 10));
  RESULT(write(pair.slave, bad_pointer(), 10));
  RESULT(write(pair.master, bad_pointer(), 10));
  RESULT(write(pair.slave, "x", 1));
  screen(pair, "screen");
  return 0;
}
