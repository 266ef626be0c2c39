/* wait4 by process group, from several threads' children, of orphans; SIGCHLD and EINTR. */
#include "check.h"
#include <pthread.h>

static volatile int handled;
static void on_child(int number) { handled += number == SIGCHLD; }

static pid_t in_group(pid_t group, int status) {
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, group);
    _exit(status);
  }
  setpgid(child, group);
  return child;
}

static void *forks(void *result) {
  pid_t child = fork();
  if (child == 0) _exit(21);
  *(pid_t *)result = child;
  return 0;
}

int main(void) {
  int status;
  Gate gate = new_gate();
  pid_t leader = fork();
  if (leader == 0) {
    setpgid(0, 0);
    pass_gate(&gate);
    _exit(1);
  }
  setpgid(leader, leader);
  pid_t member = in_group(leader, 2), mine = in_group(getpgrp(), 3);
  IS(waitpid(-leader, &status, 0) == member);
  show_status("member", status);
  RESULT(waitpid(-leader, &status, WNOHANG));
  IS(waitpid(0, &status, 0) == mine);
  show_status("own group", status);
  open_gate(&gate);
  IS(waitpid(-leader, &status, 0) == leader);
  RESULT(waitpid(-leader, &status, 0));
  RESULT(waitpid(0, &status, 0));

  pthread_t thread;
  pid_t child;
  NEED(pthread_create(&thread, 0, forks, &child) == 0 && pthread_join(thread, 0) == 0);
  reap("child of a thread", child);

  /* A grandchild is not ours to wait for. */
  Gate end = new_gate();
  child = fork();
  if (child == 0) {
    if (fork() == 0) {
      pass_gate(&end);
      _exit(5);
    }
    _exit(4);
  }
  reap("child", child);
  RESULT(waitpid(-1, &status, 0));
  open_gate(&end);

  handle(SIGCHLD, on_child, 0);
  handle(SIGALRM, on_child, 0);
  child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  alarm_every_ms(20);
  RESULT(waitpid(child, &status, 0));
  alarm_every_ms(0);
  kill(child, SIGKILL);
  reap("at last", child);
  say("SIGCHLD handled %d\n", handled);
  return 0;
}
