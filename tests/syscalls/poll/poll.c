/* poll: what each kind of descriptor reports, time limits, errors. */
#include "check.h"
#include <poll.h>

static void show(const char *what, int file, short events, int timeout) {
  struct pollfd entry = {file, events, 0x7f};
  int result = poll(&entry, 1, timeout);
  say("%s: %d%s%s%s%s%s\n", what, result, entry.revents & POLLIN ? " IN" : "",
      entry.revents & POLLOUT ? " OUT" : "", entry.revents & POLLHUP ? " HUP" : "",
      entry.revents & POLLERR ? " ERR" : "", entry.revents & POLLNVAL ? " NVAL" : "");
}

int main(void) {
  static char bytes[1 << 17];
  int ends[2];
  NEED(pipe2(ends, O_NONBLOCK) == 0);
  show("empty pipe, read end", ends[0], POLLIN, 0);
  show("empty pipe, write end", ends[1], POLLOUT | POLLIN, 0);
  NEED(write(ends[1], "x", 1) == 1);
  show("pipe with a byte", ends[0], POLLIN, -1);
  show("asked for nothing", ends[0], 0, 0);
  NEED(read(ends[0], bytes, 1) == 1);
  while (write(ends[1], bytes, sizeof bytes) > 0) continue;
  show("full pipe", ends[1], POLLOUT, 0);
  NEED(read(ends[0], bytes, 100) == 100);
  show("full pipe with 100 bytes of room", ends[1], POLLOUT, 0);
  NEED(read(ends[0], bytes, 4096) == 4096);
  show("pipe with a page of room", ends[1], POLLOUT, 0);
  int copy = dup(ends[1]);
  close(ends[1]);
  show("one writer left", ends[0], POLLIN, 0);
  close(copy);
  show("no writer, bytes left", ends[0], POLLIN, 0);
  while (read(ends[0], bytes, sizeof bytes) > 0) continue;
  show("no writer, empty", ends[0], POLLIN, 0);
  show("no writer, asked for nothing", ends[0], 0, 0);
  NEED(pipe(ends) == 0);
  close(ends[0]);
  show("no reader", ends[1], POLLOUT, 0);
  show("closed descriptor", 99, POLLIN, 0);
  show("negative descriptor", -1, POLLIN, 0);
  int file = open("file", O_RDWR | O_CREAT, 0644), null = open("/dev/null", O_RDWR);
  show("regular file", file, POLLIN | POLLOUT, 0);
  show("/dev/null", null, POLLIN | POLLOUT, 0);

  NEED(pipe(ends) == 0);
  long start = now_ms();
  show("time limit", ends[0], POLLIN, 30);
  IS(now_ms() - start >= 30);
  struct pollfd three[3] = {{file, POLLIN, 0}, {-5, POLLIN, 9}, {99, 0, 0}};
  RESULT(poll(three, 3, 1000));
  say("%x %x %x\n", three[0].revents, three[1].revents, three[2].revents);
  RESULT(poll(0, 0, 5));
  RESULT(poll(bad_pointer(), 1, 0));
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 100;
  setrlimit(RLIMIT_NOFILE, &limit);
  RESULT(poll(three, 101, 0));
  struct timespec bad = {0, -1};
  RESULT(ppoll(three, 1, &bad, 0));
  RESULT(syscall(SYS_ppoll, three, 1, bad_pointer(), 0, 0));
  return 0;
}
