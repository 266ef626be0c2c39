/* A reader blocks until there is something, a writer until there is room; both directions. */
#include "check.h"

static char bytes[300000];

int main(void) {
  int there[2], back[2];
  NEED(pipe(there) == 0 && pipe(back) == 0);
  pid_t child = fork();
  if (child == 0) {
    close(there[1]);
    close(back[0]);
    char byte;
    while (read(there[0], &byte, 1) == 1) {
      byte++;
      NEED(write(back[1], &byte, 1) == 1);
    }
    _exit(5);
  }
  close(there[0]);
  close(back[1]);
  for (int turn = 0; turn < 100; turn++) {
    char byte = (char)turn;
    NEED(write(there[1], &byte, 1) == 1);
    NEED(read(back[0], &byte, 1) == 1 && byte == (char)(turn + 1));
  }
  close(there[1]);
  RESULT(read(back[0], bytes, 1));
  reap("echo", child);

  NEED(pipe(there) == 0);
  child = fork();
  if (child == 0) {
    close(there[1]);
    sleep_ms(20);
    unsigned sum = 0;
    long total = 0, count;
    while ((count = read(there[0], bytes, 7777)) > 0) {
      for (long i = 0; i < count; i++) sum = sum * 31 + (unsigned char)bytes[i];
      total += count;
    }
    say("read %ld, sum %u\n", total, sum);
    _exit(0);
  }
  close(there[0]);
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
  RESULT(write(there[1], bytes, sizeof bytes));
  close(there[1]);
  reap("slow reader", child);

  /* The same with vectors: readv waits for the first byte, writev for room for all. */
  NEED(pipe(there) == 0);
  child = fork();
  if (child == 0) {
    close(there[1]);
    char first[3], second[5];
    struct iovec parts[2] = {{first, 3}, {second, 5}};
    RESULT(readv(there[0], parts, 2));
    sleep_ms(20);
    long total = 0, count;
    while ((count = read(there[0], bytes, 5000)) > 0) total += count;
    say("read %ld more\n", total);
    _exit(0);
  }
  close(there[0]);
  sleep_ms(20);
  struct iovec halves[2] = {{bytes, 100000}, {bytes + 100000, 100000}};
  NEED(write(there[1], "12345678", 8) == 8);
  long written = writev(there[1], halves, 2);
  close(there[1]);
  reap("vectors", child);
  say("written %ld\n", written);
  return 0;
}
