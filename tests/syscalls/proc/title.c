/* cmdline, environ and comm: what execve gave, and what the process made of it.
 * qemu differs: the process on the host is qemu, with its own arguments. */
#include "check.h"
#include <sys/prctl.h>

static char text[70000];

static void show(const char *name) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = read(fd, text, sizeof text);
  close(fd);
  for (ssize_t i = 0; i < length; i++)
    if (text[i] == 0) text[i] = '|';
    else if (text[i] == '\n') text[i] = '$';
  say("%s: %zd %.*s\n", name, length, (int)length, text);
}

static void set_name(const char *name) {
  int fd = open("/proc/self/comm", O_WRONLY);
  NEED(fd >= 0);
  show_result("write", write(fd, name, strlen(name)));
  close(fd);
  char known[17] = "";
  prctl(PR_GET_NAME, known);
  say("PR_GET_NAME: %s\n", known);
  show("comm");
}

int main(int count, char **arguments) {
  if (count == 1) {
    char *args[] = {"zero", "", "two words", "three", 0};
    char *environment[] = {"A=1", "LONG=value", 0};
    execve("/proc/self/exe", args, environment);
    NEED(!"execve");
  }
  show("cmdline");
  show("environ");
  show("comm");
  memset(arguments[2], 'x', strlen(arguments[2]));
  show("cmdline");
  char *end = arguments[3] + strlen(arguments[3]);
  *end = '!';
  show("cmdline");
  strcpy(arguments[0], "a new title of it, into the env");
  show("cmdline");
  set_name("short");
  set_name("a name that is too long");
  set_name("line\n");
  prctl(PR_SET_NAME, "prctl");
  show("comm");
  return 0;
}
