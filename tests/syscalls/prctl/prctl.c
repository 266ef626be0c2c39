/* prctl: name, death signal, dumpable, no_new_privs, slack, subreaper; personality; unknown ones.
 * qemu differs: version 7.2 knows no PR_SET_CHILD_SUBREAPER and hides seccomp. */
#include "check.h"
#include <sys/personality.h>
#include <sys/prctl.h>

static int gets_signal(void) {
  int signal = 7;
  RESULT(prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0));
  say("of a child %d\n", signal);
  return 0;
}

static int user(void) {
  RESULT(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0));
  RESULT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  NEED(setresuid(1000, 1000, 1000) == 0);
  int signal = 7;
  RESULT(prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0));
  say("after a change of user %d\n", signal);
  RESULT(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
  RESULT(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0));
  return 0;
}

int main(void) {
  char name[17] = "";
  RESULT(prctl(PR_SET_NAME, "a name that is too long", 0, 0, 0));
  RESULT(prctl(PR_GET_NAME, name, 0, 0, 0));
  say("\"%s\"\n", name);
  RESULT(prctl(PR_SET_NAME, bad_pointer(), 0, 0, 0));
  RESULT(prctl(PR_GET_NAME, bad_pointer(), 0, 0, 0));

  int value = 7;
  RESULT(prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0));
  RESULT(prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0));
  say("%s\n", signal_name(value));
  RESULT(prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0));
  RESULT(prctl(PR_GET_PDEATHSIG, bad_pointer(), 0, 0, 0));
  reap("child", spawn(gets_signal));
  RESULT(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));

  RESULT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  RESULT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_DUMPABLE, 3, 0, 0, 0));
  RESULT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));

  RESULT(prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0));
  say("subreaper %d\n", value);
  RESULT(prctl(PR_SET_CHILD_SUBREAPER, 5, 0, 0, 0));
  RESULT(prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0));
  say("subreaper %d\n", value);
  RESULT(prctl(PR_GET_CHILD_SUBREAPER, bad_pointer(), 0, 0, 0));

  RESULT(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0));
  RESULT(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
  RESULT(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
  RESULT(prctl(PR_GET_TIMING, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_TIMING, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_TIMING, 1, 0, 0, 0));
  RESULT(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  RESULT(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));

  RESULT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  RESULT(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
  RESULT(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
  RESULT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  RESULT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  RESULT(prctl(12345, 0, 0, 0, 0));
  reap("user", spawn(user));

  RESULT(personality(0xffffffff));
  RESULT(personality(ADDR_NO_RANDOMIZE));
  RESULT(personality(0xffffffff) == ADDR_NO_RANDOMIZE);
  pid_t child = fork();
  if (child == 0) _exit(personality(0xffffffff) != ADDR_NO_RANDOMIZE);
  reap("inherited", child);
  RESULT(personality(0) == ADDR_NO_RANDOMIZE);
  return 0;
}
