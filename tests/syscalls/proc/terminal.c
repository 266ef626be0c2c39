/* The terminal in /proc/PID/stat: its device and its foreground group, as job control has them.
 * qemu differs: it hands down its own idea of the terminal's process group. */
#include "check.h"
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

static long field(pid_t pid, int number) {
  char path[60], text[1000];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length < 0 ? 0 : length] = 0;
  char *at = strrchr(text, ')') + 2;
  for (int i = 3; i < number; i++) at = strchr(at, ' ') + 1;
  return strtol(at, 0, 10);
}

int main(void) {
  say("none: %ld %ld\n", field(getpid(), 7), field(getpid(), 8));
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  NEED(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  char *name = ptsname(master);
  Gate ready = new_gate(), go = new_gate();
  struct stat terminal;
  NEED(name && stat(name, &terminal) == 0);
  pid_t child = fork();
  if (child == 0) {
    NEED(setsid() > 0);
    int slave = open(name, O_RDWR);
    NEED(slave >= 0);
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
      NEED(setpgid(0, 0) == 0);
      pass_gate(&go);
      _exit(0);
    }
    setpgid(job, job);
    say("before: foreground is the leader: %d\n", field(getpid(), 8) == getpid());
    NEED(tcsetpgrp(slave, job) == 0);
    say("then the job: %d %d\n", field(getpid(), 8) == job, field(job, 8) == job);
    say("device: %d %d\n", field(getpid(), 7) == field(job, 7), field(job, 6) == getpid());
    char text[100];
    snprintf(text, sizeof text, "/proc/self/fd/%d", slave);
    char target[100] = "";
    NEED(readlink(text, target, sizeof target - 1) > 0);
    IS(strcmp(target, name) == 0);
    IS(major(field(job, 7)) == major(terminal.st_rdev) && minor(field(job, 7)) == minor(terminal.st_rdev));
    open_gate(&go);
    reap("job", job);
    NEED(tcsetpgrp(slave, getpid()) == 0);
    open_gate(&ready);
    pass_gate(&go);
    _exit(0);
  }
  pass_gate(&ready);
  say("from outside: %d\n", field(child, 8) == child);
  close(master);
  open_gate(&go);
  int status;
  NEED(waitpid(child, &status, 0) == child);
  return 0;
}
