/* splice between files and pipes: what moves, what stays, what is refused. */
#include "check.h"

static int in, out, first[2], second[2];

static void fill(int fd, int count) {
  static char bytes[70000];
  for (int i = 0; i < count; i++) bytes[i] = (char)('a' + i % 26);
  NEED(write(fd, bytes, count) == count);
}

static void show(const char *what, int fd) {
  char bytes[32];
  ssize_t count = read(fd, bytes, 26);
  say("%s: %ld %.*s\n", what, (long)count, count > 0 ? (int)count : 0, bytes);
}

static void test_moves(void) {
  loff_t from = 3, to = 2;
  RESULT(splice(in, &from, first[1], 0, 10, 0));
  say("from %ld\n", (long)from);
  RESULT(splice(in, 0, first[1], 0, 5, SPLICE_F_MOVE));
  RESULT(lseek(in, 0, SEEK_CUR));
  RESULT(splice(first[0], 0, out, &to, 8, 0));
  say("to %ld\n", (long)to);
  RESULT(splice(first[0], 0, second[1], 0, 100, 0));
  show("second", second[0]);
  RESULT(splice(first[0], 0, out, 0, 10, SPLICE_F_NONBLOCK));
  fill(first[1], 10);
  RESULT(splice(first[0], 0, out, 0, 100, 0));
  NEED(lseek(out, 0, SEEK_SET) == 0);
  show("out", out);
  RESULT(splice(in, 0, first[1], 0, 0, 0));
  from = 70000;
  RESULT(splice(in, &from, first[1], 0, 10, 0));
}

static void test_full(void) {
  fill(first[1], 65536);
  RESULT(splice(in, 0, first[1], 0, 10, SPLICE_F_NONBLOCK));
  fill(second[1], 10);
  RESULT(splice(second[0], 0, first[1], 0, 10, SPLICE_F_NONBLOCK));
  show("second", second[0]);
  RESULT(splice(first[0], 0, second[1], 0, 100000, 0));
  RESULT(splice(second[0], 0, out, 0, 100000, 0));
}

static void test_refusals(void) {
  loff_t offset = 0;
  RESULT(splice(in, 0, out, 0, 10, 0));
  RESULT(splice(first[0], &offset, out, 0, 10, 0));
  RESULT(splice(in, 0, first[1], &offset, 10, 0));
  RESULT(splice(first[0], 0, first[1], 0, 10, 0));
  RESULT(splice(in, 0, first[1], 0, 10, 0x100));
  RESULT(splice(in, 0, first[0], 0, 10, 0));
  RESULT(splice(first[1], 0, out, 0, 10, 0));
  RESULT(splice(99, 0, first[1], 0, 10, 0));
  RESULT(splice(in, 0, 99, 0, 10, 0));
  RESULT(splice(in, bad_pointer(), first[1], 0, 10, 0));
  fill(first[1], 5);
  RESULT(splice(first[0], 0, open("out", O_WRONLY | O_APPEND), 0, 10, 0));
  RESULT(splice(open(".", O_RDONLY), 0, first[1], 0, 10, 0));
  offset = -1;
  RESULT(splice(in, &offset, first[1], 0, 10, 0));
  show("still there", first[0]);
  close(second[1]);
  RESULT(splice(second[0], 0, out, 0, 10, 0));
  handle(SIGPIPE, SIG_IGN, 0);
  close(first[0]);
  RESULT(splice(in, 0, first[1], 0, 10, 0));
}

static int reader(void) {
  char bytes[16];
  ssize_t count = read(second[0], bytes, sizeof bytes);
  return count == 4 ? 0 : 1;
}

/* The first pipe is empty: splice waits for it. */
static void test_waiting(void) {
  pid_t child = spawn(reader);
  pid_t writer = fork();
  if (writer == 0) {
    sleep_ms(10);
    _exit(write(first[1], "late", 4) != 4);
  }
  RESULT(splice(first[0], 0, second[1], 0, 100, 0));
  reap("writer", writer);
  reap("reader", child);
}

int main(void) {
  in = open("in", O_RDWR | O_CREAT | O_TRUNC, 0600);
  out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
  fill(in, 70000);
  NEED(lseek(in, 0, SEEK_SET) == 0);
  NEED(pipe(first) == 0 && pipe(second) == 0);
  test_moves();
  test_full();
  test_waiting();
  test_refusals();
  return 0;
}
