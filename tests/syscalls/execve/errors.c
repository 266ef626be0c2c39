/* execve: every reason to refuse; afterwards the caller goes on unharmed. */
#include "check.h"

static void put(const char *path, const char *text, int mode) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(file >= 0 && write(file, text, strlen(text)) == (long)strlen(text));
  NEED(fchmod(file, (mode_t)mode) == 0 && close(file) == 0);
}

int main(int count, char **arguments) {
  char *list[] = {"program", 0}, *none[] = {0};
  put("text", "no program\n", 0755);
  put("empty", "", 0755);
  put("unexecutable", "#!/bin/sh\n", 0644);
  put("lost", "#!/absent/interpreter\n", 0755);
  put("truncated", "\177ELF\2\1\1", 0755);
  NEED(mkdir("folder", 0755) == 0 && symlink("loop", "loop") == 0);
  RESULT(execve("absent", list, none));
  RESULT(execve("", list, none));
  RESULT(execve("text/inside", list, none));
  RESULT(execve("folder", list, none));
  RESULT(execve("unexecutable", list, none));
  RESULT(execve("text", list, none));
  RESULT(execve("empty", list, none));
  RESULT(execve("lost", list, none));
  RESULT(execve("truncated", list, none));
  RESULT(execve("loop", list, none));
  RESULT(syscall(SYS_execve, bad_pointer(), list, none));
  RESULT(syscall(SYS_execve, arguments[0], bad_pointer(), none));
  char *faulty[] = {"program", bad_pointer(), 0};
  RESULT(syscall(SYS_execve, arguments[0], faulty, none));
  RESULT(syscall(SYS_execve, arguments[0], list, faulty));
  static char name[5000];
  memset(name, 'n', sizeof name - 1);
  RESULT(execve(name, list, none));
  char *huge = malloc(200 * 1024);
  memset(huge, 'h', 200 * 1024 - 1);
  huge[200 * 1024 - 1] = 0;
  char *too_big[] = {"program", huge, 0};
  RESULT(execve(arguments[0], too_big, none));
  pid_t child = fork();
  if (child == 0) {
    NEED(setresuid(1000, 1000, 1000) == 0);
    RESULT(execve("unexecutable", list, none));
    _exit(0);
  }
  reap("as another user", child);
  return count - 1;
}
