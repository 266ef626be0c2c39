/* epoll: level, edge, one shot; what ends a registration; data and masks as given. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int epoll;

static void control(const char *what, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {events, {.u64 = data}};
  errno = 0;
  int result = epoll_ctl(epoll, operation, fd, &event);
  say("%s: %d %s\n", what, result, result < 0 ? error_name(errno) : "");
}

static void look(const char *what) {
  struct epoll_event events[8];
  memset(events, 0xee, sizeof events);
  int count = epoll_wait(epoll, events, 8, 0);
  say("%s: %d", what, count);
  for (int i = 0; i < count; i++) {
    say(" %x:%llx", events[i].events, (unsigned long long)events[i].data.u64);
  }
  say("\n");
}

static void levels(void) {
  int ends[2];
  NEED(pipe(ends) == 0);
  control("add reader", EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x1122334455667788);
  look("empty");
  NEED(write(ends[1], "ab", 2) == 2);
  look("two bytes");
  look("still there");
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  look("one byte");
  NEED(read(ends[0], &byte, 1) == 1);
  look("none");
  control("add writer", EPOLL_CTL_ADD, ends[1], EPOLLOUT, 2);
  look("room");
  control("other events", EPOLL_CTL_MOD, ends[1], 0, 2);
  look("asked for nothing");
  control("remove writer", EPOLL_CTL_DEL, ends[1], 0, 0);
  close(ends[1]);
  look("hung up");
  close(ends[0]);
  look("closed");
}

static void edges(void) {
  int ends[2];
  char bytes[8];
  NEED(pipe(ends) == 0);
  control("add edge", EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 3);
  look("nothing yet");
  NEED(write(ends[1], "ab", 2) == 2);
  look("first write");
  look("seen");
  NEED(read(ends[0], bytes, 1) == 1);
  look("a read is no event");
  NEED(write(ends[1], "c", 1) == 1);
  look("second write");
  look("seen");
  control("modify", EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 4);
  look("modified: asked anew");
  look("seen");
  close(ends[1]);
  look("hung up");
  look("seen");
  close(ends[0]);
  int fd = eventfd(3, EFD_SEMAPHORE);
  control("add ready edge", EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 5);
  look("ready from the start");
  look("seen");
  uint64_t number;
  NEED(read(fd, &number, 8) == 8);
  look("reading is no event for a reader");
  number = 1;
  NEED(write(fd, &number, 8) == 8);
  look("written");
  close(fd);
}

static void once(void) {
  int fd = eventfd(1, 0);
  control("add one shot", EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, 6);
  look("first");
  look("disabled");
  uint64_t number = 1;
  NEED(write(fd, &number, 8) == 8);
  look("still disabled");
  control("arm again", EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, 7);
  look("second");
  look("disabled");
  close(fd);
}

/* The last descriptor of the open file ends a registration, not the one that was registered. */
static void ends(void) {
  int fd = eventfd(1, 0);
  int copy = dup(fd);
  control("add", EPOLL_CTL_ADD, fd, EPOLLIN, 8);
  control("add the copy", EPOLL_CTL_ADD, copy, EPOLLIN, 9);
  control("remove the copy", EPOLL_CTL_DEL, copy, 0, 0);
  close(fd);
  look("closed, but the file is open");
  close(copy);
  look("closed for good");
  fd = eventfd(1, 0);
  control("add the same number", EPOLL_CTL_ADD, fd, EPOLLIN, 10);
  look("a new file");
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(20);
    _exit(0);
  }
  close(fd);
  look("the child has it");
  reap("child", child);
  look("nobody has it");
}

static void many(void) {
  int fds[20];
  uint64_t number = 1;
  for (int i = 0; i < 20; i++) {
    fds[i] = eventfd(0, 0);
    struct epoll_event event = {EPOLLIN, {.u64 = i}};
    NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0);
  }
  for (int i = 0; i < 20; i++) NEED(write(fds[i], &number, 8) == 8);
  int seen = 0;
  uint32_t which = 0;
  for (int i = 0; i < 7; i++) {
    struct epoll_event events[3];
    int count = epoll_wait(epoll, events, 3, 0);
    seen += count;
    for (int j = 0; j < count; j++) which |= 1u << events[j].data.u64;
  }
  say("in rounds of three: %d seen, set %x\n", seen, which);
  for (int i = 0; i < 20; i++) close(fds[i]);
  look("all closed");
}

int main(void) {
  epoll = epoll_create1(0);
  levels();
  edges();
  once();
  ends();
  many();
  return 0;
}
