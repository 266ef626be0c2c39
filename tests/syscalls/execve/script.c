/* Scripts: the interpreter gets its one optional argument, the path, then the arguments. */
#include "check.h"

static void put(const char *path, const char *interpreter, const char *rest) {
  char text[500];
  int length = snprintf(text, sizeof text, "#!%s%s\nignored\n", interpreter, rest);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(file >= 0 && write(file, text, (size_t)length) == length && close(file) == 0);
}

static void run(const char *path) {
  char *list[] = {"name that is lost", "first", "second", 0}, *none[] = {0};
  pid_t child = fork();
  if (child == 0) {
    execve(path, list, none);
    say("%s: %s\n", path, error_name(errno));
    _exit(127);
  }
  reap(path, child);
}

int main(int count, char **arguments) {
  if (count > 1) {
    for (int i = 1; i < count; i++) say("[%s]", arguments[i]);
    say("\n");
    return count;
  }
  char *self = arguments[0];
  put("plain", self, "");
  put("option", self, " -x");
  put("options", self, "  -a  -b  ");
  char spaced[300];
  snprintf(spaced, sizeof spaced, "  %s", self);
  put("spaced", spaced, "\t-t");
  put("nested", "plain", "");
  put("nothing", "", "");
  run("plain");
  run("./option");
  run("options");
  run("spaced");
  run("nested");
  run("nothing");
  put("recursive", "recursive", "");
  run("recursive");
  return 0;
}
