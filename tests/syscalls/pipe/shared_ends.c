/* End of file comes when the last copy of the write end in any process is closed. */
#include "check.h"

int main(void) {
  int data[2], hold[2];
  char byte;
  NEED(pipe(data) == 0 && pipe(hold) == 0);
  pid_t holder = fork();
  if (holder == 0) {
    close(hold[1]);
    close(data[0]);
    read(hold[0], &byte, 1);
    NEED(write(data[1], "z", 1) == 1);
    _exit(0);
  }
  close(data[1]);
  close(hold[0]);
  fcntl(data[0], F_SETFL, O_NONBLOCK);
  RESULT(read(data[0], &byte, 1));
  fcntl(data[0], F_SETFL, 0);
  close(hold[1]);
  RESULT(read(data[0], &byte, 1));
  say("got %c\n", byte);
  RESULT(read(data[0], &byte, 1));
  reap("holder", holder);

  /* Many readers of one pipe: each byte goes to exactly one. */
  NEED(pipe(data) == 0 && pipe(hold) == 0);
  pid_t readers[4];
  for (int i = 0; i < 4; i++) {
    readers[i] = fork();
    if (readers[i] == 0) {
      close(data[1]);
      while (read(data[0], &byte, 1) == 1) NEED(write(hold[1], &byte, 1) == 1);
      _exit(0);
    }
  }
  close(data[0]);
  close(hold[1]);
  for (int i = 0; i < 200; i++) {
    byte = (char)i;
    NEED(write(data[1], &byte, 1) == 1);
  }
  close(data[1]);
  int seen[256] = {0}, total = 0, twice = 0;
  while (read(hold[0], &byte, 1) == 1) {
    total++;
    twice += seen[(unsigned char)byte]++ > 0;
  }
  say("bytes %d, doubled %d\n", total, twice);
  for (int i = 0; i < 4; i++) reap("reader", readers[i]);
  return 0;
}
