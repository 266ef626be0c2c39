/* kill: process, own group, another group, nobody, permission, existence.
 * needs a pid namespace: it signals groups and every process it may (-1). */
#include "check.h"

static volatile int handled;
static void on_signal(int number) { handled += number == SIGUSR1; }

static int waits(void) {
  for (;;) pause();
}

static int counts(void) {
  handle(SIGUSR1, on_signal, 0);
  while (!handled) sleep_ms(1);
  return handled;
}

int main(void) {
  pid_t child = spawn(waits);
  RESULT(kill(child, 0));
  RESULT(kill(child, 65));
  RESULT(kill(child, -1));
  RESULT(kill(child, SIGTERM));
  reap("child", child);
  RESULT(kill(child, 0));
  RESULT(kill(1 << 30, SIGTERM));
  RESULT(kill(-(1 << 30), SIGTERM));

  pid_t group[3];
  for (int i = 0; i < 3; i++) {
    group[i] = spawn(waits);
    NEED(setpgid(group[i], group[0]) == 0);
  }
  RESULT(kill(-group[0], SIGKILL));
  for (int i = 0; i < 3; i++) reap("member", group[i]);
  RESULT(kill(-group[0], 0));

  pid_t leader = fork();
  if (leader == 0) {
    NEED(setpgid(0, 0) == 0);
    signal(SIGUSR1, SIG_IGN);
    pid_t children[2] = {fork(), -1};
    if (children[0] == 0) _exit(counts());
    children[1] = fork();
    if (children[1] == 0) _exit(counts());
    sleep_ms(50);
    RESULT(kill(0, SIGUSR1));
    reap("one", children[0]);
    reap("two", children[1]);
    _exit(0);
  }
  reap("leader", leader);
  say("outside the group: %d\n", handled);

  child = spawn(waits);
  pid_t other = fork();
  if (other == 0) {
    NEED(setresuid(1000, 1000, 1000) == 0);
    RESULT(kill(getppid(), 0));
    RESULT(kill(child, SIGKILL));
    RESULT(kill(getpid(), 0));
    RESULT(kill(1 << 30, SIGKILL));
    pid_t mine = spawn(waits);
    RESULT(kill(mine, SIGKILL));
    reap("mine", mine);
    pid_t also[2] = {spawn(waits), spawn(waits)};
    RESULT(kill(-1, SIGTERM));
    reap("also mine", also[0]);
    reap("also mine", also[1]);
    RESULT(kill(-1, SIGTERM));
    _exit(0);
  }
  reap("uid 1000", other);
  int status;
  RESULT(waitpid(child, &status, WNOHANG));
  kill(child, SIGKILL);
  reap("unharmed till now", child);
  return 0;
}
