/* What another user may see of a process, and what a process that is not dumpable shows.
 * qemu differs: it makes up an auxv for the process itself. */
#include "check.h"
#include <dirent.h>
#include <sys/prctl.h>

static const char *const names[] = {"stat",  "statm", "status", "cmdline", "comm",   "limits", "mounts",
                                    "maps",  "smaps", "environ", "auxv",   "mem",    "fd",     "fdinfo",
                                    "task",  "oom_score_adj"};
static const char *const links[] = {"cwd", "root", "exe", "fd/1"};

static void look(pid_t pid) {
  char path[60], text[300];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, names[i]);
    int fd = open(path, O_RDONLY);
    say(" %s %s", names[i], fd < 0 ? error_name(errno) : "ok");
    close(fd);
  }
  say("\n");
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, links[i]);
    ssize_t got = readlink(path, text, sizeof text);
    say(" readlink %s %s", links[i], got < 0 ? error_name(errno) : "ok");
    int fd = open(path, O_PATH);
    say(" open %s", fd < 0 ? error_name(errno) : "ok");
    close(fd);
  }
  say("\n");
}

static void write_to(pid_t pid, const char *name, const char *text) {
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_WRONLY);
  if (fd < 0) {
    say("open %s: %s\n", name, error_name(errno));
    return;
  }
  ssize_t done = write(fd, text, strlen(text));
  say("write %s: %s\n", name, done < 0 ? error_name(errno) : "ok");
  close(fd);
}

static void owner(pid_t pid, const char *name) {
  char path[60];
  struct stat at;
  snprintf(path, sizeof path, "/proc/%d%s", pid, name);
  NEED(stat(path, &at) == 0);
  say("%s: %o %d %d\n", name, at.st_mode, at.st_uid, at.st_gid);
}

int main(void) {
  pid_t self = getpid();
  Gate gate = new_gate(), ready = new_gate();
  pid_t child = fork();
  if (child == 0) {
    pass_gate(&gate);
    _exit(0);
  }
  say("root, itself\n");
  look(self);
  say("root, another\n");
  look(child);
  owner(self, "");
  owner(self, "/stat");
  owner(self, "/environ");
  owner(self, "/fd");
  pid_t user = fork();
  if (user == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    say("a user, root's\n");
    look(child);
    write_to(child, "comm", "x");
    write_to(child, "oom_score_adj", "10");
    say("a user, itself, not dumpable: %d\n", prctl(PR_GET_DUMPABLE));
    look(getpid());
    owner(getpid(), "");
    owner(getpid(), "/stat");
    owner(getpid(), "/fd");
    NEED(prctl(PR_SET_DUMPABLE, 1) == 0);
    say("a user, itself, dumpable\n");
    look(getpid());
    owner(getpid(), "/environ");
    write_to(getpid(), "comm", "x");
    write_to(getpid(), "oom_score_adj", "10");
    pid_t own = fork();
    if (own == 0) {
      pass_gate(&gate);
      _exit(0);
    }
    say("a user, its own\n");
    look(own);
    write_to(own, "comm", "x");
    NEED(kill(own, SIGKILL) == 0);
    reap("own", own);
    _exit(0);
  }
  reap("user", user);
  open_gate(&gate);
  reap("child", child);
  return 0;
}
