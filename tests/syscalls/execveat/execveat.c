/* execveat: relative to a directory, a descriptor itself, scripts by descriptor, refusals; fexecve.
 * qemu differs: version 7.2 does not have the call. */
#include "check.h"

static char *none[] = {0};

static void put(const char *path, const char *text, int mode) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(file >= 0 && write(file, text, strlen(text)) == (long)strlen(text));
  NEED(fchmod(file, (mode_t)mode) == 0 && close(file) == 0);
}

static long at(int directory, const char *path, int flags) {
  char *list[] = {"zero", "one", 0};
  return syscall(SYS_execveat, directory, path, list, none, flags);
}

static void run(const char *what, int directory, const char *path, int flags) {
  pid_t child = fork();
  if (child == 0) {
    at(directory, path, flags);
    say("%s: %s\n", what, error_name(errno));
    _exit(99);
  }
  reap(what, child);
}

int main(int count, char **arguments) {
  if (count > 1) {
    /* A script's path by descriptor differs in its number only. */
    for (int i = 0; i < count; i++) {
      int known = i > 0 || strchr(arguments[i], '/') == 0;
      say("[%s]", strncmp(arguments[i], "/dev/fd/", 8) == 0 ? "/dev/fd/…" : known ? arguments[i]
                                                                              : "the program");
    }
    say("\n");
    return count;
  }
  char *self = arguments[0], *list[] = {"zero", "one", 0};
  int program = open(self, O_RDONLY);
  char text[300];
  snprintf(text, sizeof text, "#!%s -a\n", self);
  NEED(mkdir("folder", 0755) == 0 && symlink("script", "folder/link") == 0);
  put("folder/script", text, 0755);
  put("folder/plain", "text\n", 0755);
  put("folder/closed", text, 0644);
  int folder = open("folder", O_RDONLY | O_DIRECTORY);
  int link = open("folder", O_PATH);
  NEED(folder >= 0 && program >= 0 && link >= 0);
  run("a descriptor", program, "", AT_EMPTY_PATH);
  run("an absolute path", folder, self, 0);
  run("a script in a directory", folder, "script", 0);
  run("by a path descriptor", link, "script", 0);
  run("through a link", folder, "link", 0);
  run("not through a link", folder, "link", AT_SYMLINK_NOFOLLOW);
  run("in the working directory", AT_FDCWD, "folder/script", 0);
  int script = open("folder/script", O_RDONLY);
  run("a script's descriptor", script, "", AT_EMPTY_PATH);
  int closing = open("folder/script", O_RDONLY | O_CLOEXEC);
  run("a script's descriptor that closes", closing, "", AT_EMPTY_PATH);
  int closing_folder = open("folder", O_RDONLY | O_CLOEXEC);
  run("a script in a directory that closes", closing_folder, "script", 0);
  int closing_program = open(self, O_RDONLY | O_CLOEXEC);
  run("a program's descriptor that closes", closing_program, "", AT_EMPTY_PATH);
  pid_t child = fork();
  if (child == 0) {
    fexecve(program, list, none);
    _exit(98);
  }
  reap("fexecve", child);
  RESULT(at(folder, "absent", 0));
  RESULT(at(folder, "plain", 0));
  RESULT(at(folder, "closed", 0));
  RESULT(at(folder, "", 0));
  RESULT(at(folder, "", AT_EMPTY_PATH));
  RESULT(at(program, "script", 0));
  RESULT(at(99, "script", 0));
  RESULT(at(99, "", AT_EMPTY_PATH));
  RESULT(at(folder, "script", 1));
  RESULT(at(folder, bad_pointer(), 0));
  RESULT(syscall(SYS_execveat, program, "", bad_pointer(), none, AT_EMPTY_PATH));
  RESULT(syscall(SYS_execveat, program, "", list, bad_pointer(), AT_EMPTY_PATH));
  int writing = open("folder/busy", O_WRONLY | O_CREAT, 0755);
  NEED(writing >= 0);
  RESULT(at(folder, "busy", 0));
  return 0;
}
