/* Who may signal whom: real and effective ids of the sender against real and saved of the other;
 * SIGCONT within a session; groups with some who may not; order of refusals.
 * needs a pid namespace: it signals groups. */
#include "check.h"

static Gate ready;
static uid_t real, effective, saved;
static int with_ids(void) {
  NEED(setresuid(real, effective, saved) == 0);
  open_gate(&ready);
  for (;;) pause();
}
static pid_t target(uid_t r, uid_t e, uid_t s) {
  real = r, effective = e, saved = s;
  pid_t child = spawn(with_ids);
  pass_gate(&ready);
  return child;
}

static pid_t others[5];
static const char *try(pid_t pid, int number) { return kill(pid, number) ? error_name(errno) : "ok"; }

static void as(uid_t r, uid_t e, uid_t s) {
  pid_t child = fork();
  if (child == 0) {
    NEED(setresuid(r, e, s) == 0);
    say("as %d %d %d:", (int)r, (int)e, (int)s);
    for (int i = 0; i < 5; i++) say(" %s", try(others[i], 0));
    say(", SIGCONT %s\n", try(others[0], SIGCONT));
    _exit(0);
  }
  reap("sender", child);
}

static int elsewhere(void) {
  setsid();
  NEED(setresuid(1000, 1000, 1000) == 0);
  say("from another session: SIGCONT %s\n", try(others[0], SIGCONT));
  return 0;
}

int main(void) {
  ready = new_gate();
  others[0] = target(0, 0, 0);
  others[1] = target(1000, 1000, 1000);
  others[2] = target(1001, 1000, 1001);
  others[3] = target(1001, 1001, 1000);
  others[4] = target(1000, 0, 0);
  as(0, 0, 0);
  as(1000, 1000, 1000);
  as(1000, 1002, 1002);
  as(1002, 1000, 1002);
  as(1002, 1002, 1000);
  reap("elsewhere", spawn(elsewhere));
  for (int i = 0; i < 5; i++) NEED(setpgid(others[i], others[0]) == 0);
  pid_t child = fork();
  if (child == 0) {
    NEED(setresuid(1000, 1000, 1000) == 0);
    RESULT(kill(-others[0], SIGTERM));
    _exit(0);
  }
  reap("sender", child);
  reap("1000", others[1]);
  reap("saved 1000", others[3]);
  reap("real 1000", others[4]);
  child = fork();
  if (child == 0) {
    NEED(setresuid(1000, 1000, 1000) == 0);
    RESULT(kill(-others[0], SIGTERM));
    RESULT(kill(others[0], 65));
    RESULT(kill(1 << 29, 65));
    RESULT(syscall(SYS_tkill, others[0], 0));
    RESULT(syscall(SYS_tgkill, others[0], others[0], SIGTERM));
    _exit(0);
  }
  reap("sender", child);
  RESULT(kill(1 << 29, 65));
  RESULT(kill(-2147483648, SIGTERM));
  RESULT(syscall(SYS_tkill, 0, SIGTERM));
  RESULT(syscall(SYS_tkill, -1, SIGTERM));
  RESULT(syscall(SYS_tkill, 1 << 29, SIGTERM));
  RESULT(syscall(SYS_tkill, getpid(), 65));
  RESULT(syscall(SYS_tgkill, 0, getpid(), 0));
  RESULT(syscall(SYS_tgkill, getpid(), 0, 0));
  RESULT(syscall(SYS_tgkill, getpid(), others[0], 0));
  RESULT(syscall(SYS_tgkill, getpid(), 1 << 29, 0));
  kill(others[0], SIGKILL);
  kill(others[2], SIGKILL);
  reap("root", others[0]);
  reap("1001", others[2]);
  return 0;
}
