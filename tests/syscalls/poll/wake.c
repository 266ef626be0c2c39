/* poll woken by another process: data, room, end of file; several descriptors and pollers. */
#include "check.h"
#include <poll.h>

int main(void) {
  int data[3][2], seen[2];
  char byte;
  for (int i = 0; i < 3; i++) NEED(pipe(data[i]) == 0);
  NEED(pipe(seen) == 0);
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(20);
    NEED(write(data[2][1], "c", 1) == 1);
    NEED(read(seen[0], &byte, 1) == 1);
    sleep_ms(20);
    NEED(write(data[0][1], "a", 1) == 1);
    NEED(read(seen[0], &byte, 1) == 1);
    sleep_ms(20);
    _exit(0);
  }
  for (int i = 0; i < 3; i++) close(data[i][1]);
  for (int ended = 0; ended < 3;) {
    struct pollfd entries[3];
    for (int i = 0; i < 3; i++) entries[i] = (struct pollfd){data[i][0], POLLIN, 0};
    NEED(poll(entries, 3, -1) > 0);
    for (int i = 0; i < 3; i++) {
      if (!entries[i].revents) continue;
      if (read(data[i][0], &byte, 1) == 1) {
        say("pipe %d gave %c\n", i, byte);
        NEED(write(seen[1], "s", 1) == 1);
      } else {
        close(data[i][0]);
        data[i][0] = -1;
        ended++;
      }
    }
  }
  say("all ended\n");
  reap("child", child);

  /* Waiting for room: the reader drains later. */
  static char bytes[1 << 17];
  int ends[2];
  NEED(pipe2(ends, O_NONBLOCK) == 0);
  while (write(ends[1], bytes, sizeof bytes) > 0) continue;
  child = fork();
  if (child == 0) {
    sleep_ms(20);
    while (read(ends[0], bytes, sizeof bytes) > 0) continue;
    _exit(0);
  }
  struct pollfd entry = {ends[1], POLLOUT, 0};
  RESULT(poll(&entry, 1, -1));
  IS(entry.revents == POLLOUT);
  reap("drained", child);

  /* Several processes poll one pipe: a close wakes all. */
  NEED(pipe(ends) == 0);
  pid_t children[5];
  for (int i = 0; i < 5; i++) {
    children[i] = fork();
    if (children[i]) continue;
    close(ends[1]);
    struct pollfd own = {ends[0], POLLIN, 0};
    int result = poll(&own, 1, -1);
    _exit(result == 1 && own.revents == POLLHUP ? 1 : 2);
  }
  sleep_ms(20);
  close(ends[1]);
  for (int i = 0; i < 5; i++) reap("poller", children[i]);
  return 0;
}
