/* posix_spawn reports what failed in the child, and leaves no child behind: that needs the memory
 * that a vfork child shares with its parent.
 * qemu differs: its vfork is a fork, so the error never reaches the parent. */
#include "check.h"
#include <spawn.h>

int main(int count, char **arguments, char **environment) {
  pid_t child;
  char *list[] = {arguments[0], "x", 0};
  if (count > 1) return 3;
  say("absent: %s\n", error_name(posix_spawn(&child, "/absent", 0, 0, list, environment)));
  RESULT(waitpid(-1, 0, WNOHANG));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 5, "/absent/file", O_RDONLY, 0);
  say("bad action: %s\n",
      error_name(posix_spawn(&child, arguments[0], &actions, 0, list, environment)));
  RESULT(waitpid(-1, 0, WNOHANG));
  char folders[300];
  const char *name = strrchr(arguments[0], '/') + 1;
  snprintf(folders, sizeof folders, "/absent:%.*s", (int)(name - arguments[0]), arguments[0]);
  setenv("PATH", folders, 1);
  say("not in PATH: %s\n", error_name(posix_spawnp(&child, "absent", 0, 0, list, environment)));
  RESULT(posix_spawnp(&child, name, 0, 0, list, environment));
  reap("found in PATH", child);
  RESULT(waitpid(-1, 0, WNOHANG));
  return 0;
}
