/* mkfifo: open waits for the other side, O_NONBLOCK does not; then it is a pipe with a name. */
#include "check.h"

static char name[] = "fifo", byte;

static int reader(void) {
  int file = open(name, O_RDONLY);
  NEED(file >= 0);
  char bytes[20];
  long total = 0, count;
  while ((count = read(file, bytes, sizeof bytes)) > 0) total += count;
  say("reader got %ld, then %ld\n", total, count);
  return 3;
}

static int writer(void) {
  int file = open(name, O_WRONLY);
  NEED(file >= 0 && write(file, "from the writer", 15) == 15);
  return 4;
}

int main(void) {
  umask(022);
  RESULT(mkfifo(name, 0640));
  RESULT(mkfifo(name, 0640));
  struct stat status;
  RESULT(stat(name, &status));
  IS(S_ISFIFO(status.st_mode) && (status.st_mode & 0777) == 0640);
  pid_t child = spawn(reader);
  sleep_ms(20);
  int out = open(name, O_WRONLY);
  NEED(out >= 0);
  RESULT(write(out, "12345", 5));
  RESULT(write(out, "678", 3));
  close(out);
  reap("reader", child);

  child = spawn(writer);
  sleep_ms(20);
  int in = open(name, O_RDONLY);
  char bytes[20];
  reap("writer", child);
  RESULT(read(in, bytes, sizeof bytes));
  RESULT(read(in, bytes, sizeof bytes));
  close(in);

  RESULT(open(name, O_WRONLY | O_NONBLOCK));
  in = open(name, O_RDONLY | O_NONBLOCK);
  IS(in >= 0);
  RESULT(read(in, &byte, 1));
  out = open(name, O_WRONLY | O_NONBLOCK);
  IS(out >= 0);
  RESULT(read(in, &byte, 1));
  RESULT(write(out, "x", 1));
  RESULT(read(in, &byte, 1));
  RESULT(lseek(in, 0, SEEK_SET));
  int both = open(name, O_RDWR);
  IS(both >= 0);
  close(in);
  RESULT(write(out, "y", 1));
  close(both);
  signal(SIGPIPE, SIG_IGN);
  RESULT(write(out, "z", 1));
  RESULT(unlink(name));
  RESULT(open(name, O_RDONLY | O_NONBLOCK));
  return 0;
}
