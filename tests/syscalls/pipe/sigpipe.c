/* Writing to a pipe that nobody can read: SIGPIPE, or EPIPE when it is ignored or handled. */
#include "check.h"

static volatile int count;
static void on_pipe(int number) { count += number == SIGPIPE; }

static int dies(void) {
  int ends[2];
  NEED(pipe(ends) == 0);
  close(ends[0]);
  write(ends[1], "x", 1);
  say("not reached\n");
  return 1;
}

static int blocked_writer(void) {
  int ends[2];
  char *bytes = calloc(1, 1 << 20);
  NEED(pipe(ends) == 0);
  handle(SIGPIPE, on_pipe, 0);
  pid_t reader = fork();
  if (reader == 0) {
    close(ends[1]);
    read(ends[0], bytes, 5000);
    _exit(0);
  }
  close(ends[0]);
  ssize_t written = write(ends[1], bytes, 1 << 20);
  IS(written >= 65536 && written < (1 << 20));
  RESULT(write(ends[1], bytes, 1));
  say("SIGPIPE came: %s\n", count >= 1 ? "yes" : "no");
  reap("reader", reader);
  return 0;
}

int main(void) {
  int ends[2];
  reap("default action", spawn(dies));
  NEED(pipe(ends) == 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  RESULT(write(ends[1], "x", 1));
  RESULT(write(ends[1], "", 0));
  handle(SIGPIPE, on_pipe, 0);
  RESULT(write(ends[1], "x", 1));
  RESULT(write(ends[1], "x", 1));
  say("handled %d\n", count);
  count = 0;
  reap("blocked writer", spawn(blocked_writer));
  return 0;
}
