/* vfork: the parent waits until the child execs or exits; the child runs in the parent's memory.
 * qemu differs: it implements vfork as fork, so memory is not shared and nobody waits. */
#include "check.h"

static volatile int stage;

int main(int count, char **arguments) {
  if (count > 1) {
    say("after exec\n");
    return 6;
  }
  pid_t child = vfork();
  if (child == 0) {
    stage = 1;
    sleep_ms(30);
    stage = 2;
    _exit(4);
  }
  say("stage %d\n", stage);
  reap("exits", child);

  int ends[2];
  char byte;
  NEED(pipe(ends) == 0);
  child = vfork();
  if (child == 0) {
    stage = 3;
    sleep_ms(30);
    char *list[] = {arguments[0], "again", 0};
    close(ends[0]);
    dup2(ends[1], 1);
    execv(arguments[0], list);
    _exit(127);
  }
  say("stage %d\n", stage);
  close(ends[1]);
  long total = 0;
  while (read(ends[0], &byte, 1) == 1) total++;
  say("child wrote %ld bytes\n", total);
  reap("execs", child);

  child = vfork();
  if (child == 0) {
    stage = 4;
    char *none[] = {0};
    execve("/nonexistent", none, none);
    stage = errno == ENOENT ? 5 : -1;
    _exit(127);
  }
  say("stage %d\n", stage);
  reap("cannot exec", child);

  child = vfork();
  if (child == 0) {
    stage = 6;
    kill(getpid(), SIGKILL);
    stage = 7;
    _exit(1);
  }
  say("stage %d\n", stage);
  reap("is killed", child);
  RESULT(fcntl(ends[0], F_GETFD));
  return 0;
}
