/* posix_spawn: file actions, attributes. */
#include "check.h"
#include <spawn.h>

int main(int count, char **arguments) {
  char bytes[200];
  if (count > 1) {
    sigset_t mask;
    struct sigaction action;
    sigprocmask(SIG_BLOCK, 0, &mask);
    sigaction(SIGUSR1, 0, &action);
    say("%s %s", arguments[1], getenv("COLOUR"));
    say(", USR2 blocked %d, USR1 default %d", sigismember(&mask, SIGUSR2),
        action.sa_handler == SIG_DFL);
    say(", leader %d, 7 is %s\n", getpgrp() == getpid(), fcntl(7, F_GETFD) < 0 ? "closed" : "open");
    return 9;
  }
  pid_t child;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t mask;
  int ends[2];
  char *list[] = {arguments[0], "spawned", 0}, *environment[] = {"COLOUR=blue", 0};
  NEED(pipe(ends) == 0 && dup2(ends[0], 7) == 7);
  signal(SIGUSR1, SIG_IGN);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, 7);
  posix_spawnattr_init(&attributes);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  posix_spawnattr_setsigmask(&attributes, &mask);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  posix_spawnattr_setsigdefault(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  RESULT(posix_spawn(&child, arguments[0], &actions, &attributes, list, environment));
  reap("spawned", child);
  long length = read(ends[0], bytes, sizeof bytes - 1);
  bytes[length > 0 ? length : 0] = 0;
  say("%s", bytes);
  posix_spawn_file_actions_t into_file;
  posix_spawn_file_actions_init(&into_file);
  posix_spawn_file_actions_addopen(&into_file, 1, "output", O_WRONLY | O_CREAT, 0644);
  RESULT(posix_spawn(&child, arguments[0], &into_file, 0, list, environment));
  reap("into a file", child);
  int file = open("output", O_RDONLY);
  length = read(file, bytes, sizeof bytes - 1);
  bytes[length > 0 ? length : 0] = 0;
  say("%s", bytes);
  return 0;
}
