/* Who waits is woken: by the other end's close, by a signal, by a hang-up. */
#include "terminal.h"
#include <sys/epoll.h>

static Pair pair;

static void on_signal(int number) { (void)number; }

static pid_t later(void (*function)(void)) {
  pid_t child = fork();
  NEED(child >= 0);
  if (child == 0) {
    sleep_ms(50);
    function();
    _exit(0);
  }
  return child;
}
static void type_line(void) { type(pair, "line\n"); }
static void write_word(void) { NEED(write(pair.slave, "word", 4) == 4); }
static void nothing(void) {}

int main(void) {
  char bytes[100];
  pair = open_pair();
  local_flags(pair.slave, ECHO, 0);
  pid_t child = later(type_line);
  show_bytes("a line comes", bytes, read(pair.slave, bytes, sizeof bytes));
  wait(0);
  child = later(write_word);
  show_bytes("a word comes", bytes, read(pair.master, bytes, sizeof bytes));
  wait(0);
  (void)child;

  struct pollfd ask = {.fd = pair.slave, .events = POLLIN};
  later(type_line);
  int count = poll(&ask, 1, 2000);
  say("poll %d: %x\n", count, ask.revents);
  read_slave(pair, "line");
  wait(0);
  ask.fd = pair.master;
  later(write_word);
  count = poll(&ask, 1, 2000);
  say("poll %d: %x\n", count, ask.revents);
  screen(pair, "word");
  wait(0);

  int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = 5};
  NEED(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, pair.master, &event) == 0);
  later(write_word);
  count = epoll_wait(set, &event, 1, 2000);
  say("epoll %d: %x %u\n", count, event.events, event.data.u32);
  count = epoll_wait(set, &event, 1, 0);
  say("epoll %d\n", count);
  wait(0);
  screen(pair, "word");

  handle(SIGALRM, on_signal, 0);
  alarm_every_ms(30);
  RESULT(read(pair.slave, bytes, sizeof bytes));
  RESULT(read(pair.master, bytes, sizeof bytes));
  alarm_every_ms(0);
  handle(SIGALRM, on_signal, SA_RESTART);
  alarm_every_ms(20);
  later(type_line);
  RESULT(read(pair.slave, bytes, sizeof bytes));
  alarm_every_ms(0);
  while (wait(0) < 0 && errno == EINTR) continue;

  /* The child alone has the slave: its end is the last close. */
  child = later(nothing);
  close(pair.slave);
  RESULT(read(pair.master, bytes, sizeof bytes));
  wait(0);
  pair.slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  child = later(nothing);
  close(pair.slave);
  ask.events = POLLIN;
  count = poll(&ask, 1, 2000);
  say("poll %d: %x\n", count, ask.revents);
  wait(0);
  pair.slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  child = later(nothing);
  close(pair.master);
  RESULT(read(pair.slave, bytes, sizeof bytes));
  wait(0);
  pair = open_pair();
  child = later(nothing);
  close(pair.master);
  ask.fd = pair.slave;
  count = poll(&ask, 1, 2000);
  say("poll %d: %x\n", count, ask.revents);
  return 0;
}
