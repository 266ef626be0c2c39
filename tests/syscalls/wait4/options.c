/* wait4 and waitid: WNOWAIT, stops and continuations left or taken, groups, threads' own children,
 * bad pointers, usage of children. */
#include "check.h"
#include <pthread.h>

static int waits(void) {
  for (;;) pause();
}
static int seven(void) { return 7; }
static int burns(void) {
  for (volatile int i = 0; i < 3000000; i++) continue;
  return 0;
}

static void show(const char *what, idtype_t type, id_t id, int options) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  long result = syscall(SYS_waitid, type, id, &info, options, 0);
  if (result < 0) say("%s: %s\n", what, error_name(errno));
  else say("%s: code %d status %d\n", what, info.si_code, info.si_status);
}

static pid_t thread_child;
static void *forks(void *unused) {
  thread_child = spawn(seven);
  say("own child: ");
  show("__WNOTHREAD", P_PID, thread_child, WEXITED | WNOWAIT | __WNOTHREAD);
  return 0;
}

int main(void) {
  int status;
  pid_t child = spawn(waits);
  NEED(setpgid(child, child) == 0);
  kill(child, SIGSTOP);
  show("stopped, left", P_PID, child, WSTOPPED | WNOWAIT);
  show("stopped, left again", P_PGID, child, WSTOPPED | WNOWAIT);
  IS(waitpid(child, &status, WUNTRACED) == child);
  show_status("taken", status);
  RESULT(waitpid(child, &status, WUNTRACED | WNOHANG));
  kill(child, SIGCONT);
  show("continued, left", P_PID, child, WCONTINUED | WNOWAIT);
  IS(waitpid(child, &status, WCONTINUED) == child);
  show_status("taken", status);
  RESULT(waitpid(child, &status, WCONTINUED | WNOHANG));
  RESULT(waitpid(-getpgrp(), &status, WNOHANG));
  kill(child, SIGKILL);
  show("killed, left", P_ALL, 0, WEXITED | WNOWAIT);
  show("of own group", P_PGID, 0, WEXITED | WNOHANG);
  show("bad group", P_PGID, -5, WEXITED | WNOHANG);
  show("bad process", P_PID, 0, WEXITED | WNOHANG);
  show("bad process", P_PID, -5, WEXITED | WNOHANG);
  show("bad type", 9, child, WEXITED);
  show("bad option", P_PID, child, WEXITED | 0x40);
  show("no state", P_PID, child, WNOHANG);
  IS(waitpid(child, &status, 0) == child);
  show_status("taken", status);
  RESULT(wait4(-2147483648, &status, 0, 0));
  RESULT(wait4(-1, &status, WNOWAIT, 0));
  RESULT(wait4(-1, &status, WEXITED, 0));

  pthread_t thread;
  NEED(pthread_create(&thread, 0, forks, 0) == 0 && pthread_join(thread, 0) == 0);
  child = spawn(waits);
  show("__WNOTHREAD, own", P_PID, child, WEXITED | WNOHANG | __WNOTHREAD);
  IS(waitpid(thread_child, &status, 0) == thread_child);
  kill(child, SIGKILL);
  IS(waitpid(child, &status, __WNOTHREAD) == child);

  child = spawn(seven);
  show("left", P_PID, child, WEXITED | WNOWAIT);
  RESULT(wait4(child, bad_pointer(), 0, 0));
  RESULT(waitpid(child, &status, 0));
  child = spawn(seven);
  show("left", P_PID, child, WEXITED | WNOWAIT);
  RESULT(syscall(SYS_waitid, P_PID, child, bad_pointer(), WEXITED, 0));
  struct rusage usage, before, after;
  getrusage(RUSAGE_CHILDREN, &before);
  child = spawn(burns);
  memset(&usage, 0, sizeof usage);
  RESULT(syscall(SYS_waitid, P_PID, child, 0, WEXITED | WNOWAIT, &usage));
  IS(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 0);
  IS(waitpid(child, &status, 0) == child);
  getrusage(RUSAGE_CHILDREN, &after);
  IS(timercmp(&after.ru_utime, &before.ru_utime, >));
  RESULT(waitpid(-1, &status, 0));
  return 0;
}
