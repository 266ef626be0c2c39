/* Executes every file of /mnt/damaged by its number, and counts how that ends: each is refused, or
 * runs into something, and nothing else happens. */
#include "../syscalls/check.h"

int main(int count, char **arguments) {
  int files = atoi(arguments[1]), refused = 0, killed = 0, ended = 0, lost = 0;
  NEED(count == 2);
  for (int i = 0; i < files; i++) {
    char path[40], *list[] = {path, 0}, *none[] = {0};
    snprintf(path, sizeof path, "/mnt/damaged/%d", i);
    pid_t child = fork();
    if (child == 0) {
      /* Damage may make a loop. */
      alarm(1);
      execve(path, list, none);
      int known = errno == ENOEXEC || errno == EIO || errno == ENOENT || errno == EACCES ||
                  errno == ELIBBAD || errno == ENOMEM;
      _exit(known ? 77 : 78);
    }
    int status;
    NEED(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) killed++;
    else if (WEXITSTATUS(status) == 77) refused++;
    else if (WEXITSTATUS(status) == 78) lost++, say("file %d: another refusal\n", i);
    else ended++;
  }
  say("%d of %d\n", refused + killed + ended, files);
  say("some refused: %d, some killed: %d, some run: %d, lost: %d\n", refused > 0, killed > 0,
      ended > 0, lost);
  return 0;
}
