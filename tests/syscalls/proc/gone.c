/* What is open of a process that has gone, and the names of one that has not been. */
#include "check.h"
#include <dirent.h>

static char text[5000];

static int open_of(pid_t pid, const char *name) {
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return open(path, O_RDONLY);
}

int main(void) {
  Gate gate = new_gate();
  pid_t child = fork();
  if (child == 0) {
    pass_gate(&gate);
    _exit(3);
  }
  int stat_file = open_of(child, "stat"), status = open_of(child, "status");
  int maps = open_of(child, "maps"), directory = open_of(child, "."), task = open_of(child, "task");
  int fd = open_of(child, "fd"), environ_file = open_of(child, "environ");
  int half = open_of(child, "status");
  NEED(half >= 0 && read(half, text, 10) == 10);
  open_gate(&gate);
  siginfo_t info;
  NEED(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
  say("zombie\n");
  IS(pread(stat_file, text, sizeof text, 0) > 0);
  RESULT(pread(environ_file, text, sizeof text, 0));
  RESULT(pread(maps, text, sizeof text, 0));
  IS(open_of(child, "stat") >= 0);
  RESULT(readlink("/proc/self/exe", text, 0));
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/exe", child);
  RESULT(readlink(path, text, sizeof text));
  snprintf(path, sizeof path, "/proc/%d/cwd", child);
  RESULT(readlink(path, text, sizeof text));
  NEED(waitpid(child, 0, 0) == child);
  say("gone\n");
  RESULT(read(stat_file, text, sizeof text));
  RESULT(read(status, text, sizeof text));
  RESULT(open_of(child, "stat"));
  RESULT(open_of(child, "."));
  RESULT(openat(directory, "stat", O_RDONLY));
  RESULT(syscall(SYS_getdents64, task, text, sizeof text));
  RESULT(syscall(SYS_getdents64, fd, text, sizeof text));
  RESULT(fchdir(directory));
  RESULT(open("/proc/0", O_RDONLY));
  RESULT(open("/proc/01", O_RDONLY));
  RESULT(open("/proc/1x", O_RDONLY));
  RESULT(open("/proc/99999999", O_RDONLY));
  return 0;
}
