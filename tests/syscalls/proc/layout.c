/* prctl PR_SET_MM: a process says where its arguments and environment are, and /proc shows it.
 * riscv64 only: natively the namespace's root does not have the capability; EPERM is the answer.
 * qemu differs: it does not know the option. */
#include "check.h"
#include <sys/prctl.h>

static char text[5000];

static void show(const char *name) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = read(fd, text, sizeof text);
  close(fd);
  for (ssize_t i = 0; i < length; i++)
    if (text[i] == 0) text[i] = '|';
  say("%s: %.*s\n", name, (int)length, text);
}

static char title[] = "a title elsewhere\0more", variables[] = "X=1\0Y=2";

int main(void) {
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 1));
  /* The end first: a start behind its end is refused. */
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ARG_END, title, 0, 0));
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 0));
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ARG_END, title + sizeof title, 0, 0));
  show("cmdline");
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ENV_START, variables, 0, 0));
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ENV_END, variables + sizeof variables, 0, 0));
  show("environ");
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ENV_END, variables - 1, 0, 0));
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ENV_END, 100, 0, 0));
  RESULT(prctl(PR_SET_MM, 100, title, 0, 0));
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 0));
  RESULT(prctl(PR_SET_MM, 100, title, 0, 0));
  return 0;
}
