/* flock: shared and exclusive, of the open file and not of the descriptor, waiting, EWOULDBLOCK,
 * given back at the last close. */
#include "check.h"
#include <sys/file.h>

static volatile int alarms;
static void on_alarm(int number) { alarms += number == SIGALRM; }

int main(void) {
  int one = open("file", O_RDWR | O_CREAT, 0644), two = open("file", O_RDONLY);
  NEED(one >= 0 && two >= 0);
  RESULT(flock(one, LOCK_SH));
  RESULT(flock(two, LOCK_SH | LOCK_NB));
  RESULT(flock(two, LOCK_EX | LOCK_NB));
  RESULT(flock(one, LOCK_UN));
  RESULT(flock(two, LOCK_EX | LOCK_NB));
  RESULT(flock(one, LOCK_SH | LOCK_NB));
  int copy = dup(two);
  RESULT(flock(copy, LOCK_EX | LOCK_NB));
  close(two);
  RESULT(flock(one, LOCK_EX | LOCK_NB));
  close(copy);
  RESULT(flock(one, LOCK_EX | LOCK_NB));

  Gate gate = new_gate();
  pid_t child = fork();
  if (child == 0) {
    int own = open("file", O_RDWR);
    RESULT(flock(own, LOCK_EX | LOCK_NB));
    RESULT(flock(one, LOCK_EX | LOCK_NB)); /* the parent's open file, inherited */
    close(one);
    open_gate(&gate);
    RESULT(flock(own, LOCK_EX));
    say("the child has it\n");
    _exit(0);
  }
  pass_gate(&gate);
  sleep_ms(20);
  say("the parent gives it back\n");
  close(one);
  reap("child", child);

  one = open("file", O_RDWR);
  two = open("file", O_RDWR);
  RESULT(flock(one, LOCK_EX));
  handle(SIGALRM, on_alarm, 0);
  alarm_every_ms(20);
  RESULT(flock(two, LOCK_SH));
  alarm_every_ms(0);
  RESULT(flock(99, LOCK_SH));
  RESULT(flock(one, 0));
  RESULT(flock(one, LOCK_SH | LOCK_EX));
  return 0;
}
