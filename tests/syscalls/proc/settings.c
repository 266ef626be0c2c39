/* /proc/sys, oom_score_adj, limits, fdinfo: what they say, and what cannot be written. */
#include "check.h"
#include <sys/utsname.h>

static const char *file_of(const char *path) {
  static char text[8000];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return error_name(errno);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length < 0 ? 0 : length] = 0;
  return text;
}

static void put(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_TRUNC);
  if (fd < 0) {
    say("open %s: %s\n", path, error_name(errno));
    return;
  }
  ssize_t done = write(fd, value, strlen(value));
  say("%s < %s: %s\n", path, value, done < 0 ? error_name(errno) : "ok");
  close(fd);
}

static void line(const char *path, const char *name) {
  const char *at = strstr(file_of(path), name);
  say("%.*s|\n", at ? (int)strcspn(at, "\n") : 7, at ? at : "no line");
}

int main(void) {
  struct utsname names;
  char text[200], other[200];
  NEED(uname(&names) == 0);
  say("%s", file_of("/proc/sys/kernel/ostype"));
  snprintf(text, sizeof text, "%s\n", names.release);
  IS(strcmp(file_of("/proc/sys/kernel/osrelease"), text) == 0);
  snprintf(text, sizeof text, "%s\n", names.version);
  IS(strcmp(file_of("/proc/sys/kernel/version"), text) == 0);
  IS(atoi(file_of("/proc/sys/kernel/pid_max")) >= 32768);
  IS(atoi(file_of("/proc/sys/kernel/ngroups_max")) == 65536);
  IS(atoi(file_of("/proc/sys/kernel/cap_last_cap")) >= 37);
  say("%s", file_of("/proc/sys/kernel/overflowuid"));
  strcpy(text, file_of("/proc/sys/kernel/random/boot_id"));
  say("%zu %c\n", strlen(text), text[14]);
  IS(strcmp(text, file_of("/proc/sys/kernel/random/boot_id")) == 0);
  strcpy(text, file_of("/proc/sys/kernel/random/uuid"));
  strcpy(other, file_of("/proc/sys/kernel/random/uuid"));
  say("%zu %c\n", strlen(text), text[14]);
  IS(strcmp(text, other) != 0);
  put("/proc/sys/kernel/ostype", "x");
  put("/proc/sys/kernel/hostname", "named\n");
  say("%s", file_of("/proc/sys/kernel/hostname"));
  NEED(uname(&names) == 0);
  say("%s\n", names.nodename);
  put("/proc/sys/kernel/domainname", "");
  put("/proc/sys/kernel/not-there", "x");
  put("/proc/uptime", "x");
  put("/proc/self/statm", "x");

  say("%s", file_of("/proc/self/oom_score_adj"));
  put("/proc/self/oom_score_adj", "500\n");
  say("%s", file_of("/proc/self/oom_score_adj"));
  put("/proc/self/oom_score_adj", "1001");
  put("/proc/self/oom_score_adj", "x");
  pid_t child = fork();
  if (child == 0) {
    say("child: %s", file_of("/proc/self/oom_score_adj"));
    _exit(0);
  }
  reap("child", child);

  struct rlimit limit = {100, 200};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
  line("/proc/self/limits", "Limit ");
  line("/proc/self/limits", "Max open files");
  line("/proc/self/limits", "Max cpu time");
  line("/proc/self/limits", "Max core file size");

  int fd = open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  NEED(fd >= 0 && write(fd, "12345", 5) == 5);
  snprintf(text, sizeof text, "/proc/self/fdinfo/%d", fd);
  line(text, "pos:");
  line(text, "flags:");
  IS(strstr(file_of(text), "mnt_id:\t") != 0);
  RESULT(lseek(fd, 3, SEEK_SET));
  line(text, "pos:");
  int info = open(text, O_RDONLY);
  NEED(dup2(fd, 50) == 50 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  line("/proc/self/fdinfo/50", "flags:");
  close(fd);
  RESULT(open(text, O_RDONLY));
  RESULT(read(info, text, 100));
  return 0;
}
