/* /proc/PID/stat and status of a process and its children: names, states, relatives, masks.
 * qemu differs: the process on the host is qemu, with its threads, handlers and memory. */
#include "check.h"
#include <pthread.h>
#include <sys/prctl.h>

static char text[5000];

static int load(pid_t pid, const char *name) {
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length < 0 ? 0 : length] = 0;
  return (int)length;
}

/* Field 3 and later of stat, which begin behind the name. */
static long field(int number) {
  char *at = strrchr(text, ')');
  NEED(at);
  at += 2;
  for (int i = 3; i < number; i++) NEED((at = strchr(at, ' ')) && *++at);
  return number == 3 ? *at : strtol(at, 0, 10);
}

static void line(const char *name) {
  char *at = text;
  while (at && strncmp(at, name, strlen(name))) at = (at = strchr(at, '\n')) ? at + 1 : 0;
  if (!at) say("no line %s\n", name);
  else say("%.*s\n", (int)strcspn(at, "\n"), at);
}

static unsigned long kilobytes(const char *name) {
  char *at = strstr(text, name);
  return at ? strtoul(at + strlen(name), 0, 10) : 0;
}

static void state(const char *what, pid_t pid, char wanted) {
  for (int i = 0; i < 5000; i++) {
    NEED(load(pid, "stat") > 0);
    if (field(3) == wanted) break;
    sleep_ms(2);
  }
  say("%s: %c\n", what, (char)field(3));
}

static void *thread(void *gate) {
  prctl(PR_SET_NAME, "second thread");
  pass_gate(gate);
  return 0;
}

static void nothing(int number) { (void)number; }

int main(void) {
  pid_t self = getpid();
  NEED(prctl(PR_SET_NAME, "a (b) c\n\\d") == 0);
  NEED(load(self, "stat") > 0);
  IS(atoi(text) == self);
  say("%.*s\n", (int)(strrchr(text, ')') - strchr(text, '(')) + 1, strchr(text, '('));
  IS(field(3) == 'R' && field(4) == getppid() && field(5) == getpgrp() && field(6) == getsid(0));
  say("tty %ld, foreground %ld\n", field(7), field(8));
  say("priority %ld, nice %ld, threads %ld, exit signal %ld\n", field(18), field(19), field(20),
      field(38));
  IS(field(10) > 0 && field(22) >= 0 && field(23) > 100000 && field(24) > 10);
  IS(field(26) < (long)main && (long)main < field(27));
  IS(field(28) > (long)&self && field(48) < field(49) && field(49) == field(50));
  int fields = 2;
  for (char *at = strrchr(text, ')'); *at; at++) fields += *at == ' ';
  say("%d fields\n", fields);
  NEED(setpriority(PRIO_PROCESS, 0, 5) == 0);
  load(self, "stat");
  say("priority %ld, nice %ld\n", field(18), field(19));

  handle(SIGUSR1, nothing, 0);
  signal(SIGUSR2, SIG_IGN);
  signal(SIGRTMIN + 6, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, 0);
  raise(SIGUSR1);
  kill(self, SIGHUP);
  NEED(load(self, "status") > 0);
  const char *lines[] = {"Name", "State", "Uid", "Gid", "TracerPid", "Threads", "SigPnd", "ShdPnd",
                         "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp:"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) line(lines[i]);
  IS(kilobytes("VmSize:") >= kilobytes("VmRSS:") && kilobytes("VmRSS:") > 0);
  IS(kilobytes("RssAnon:") > 0 && kilobytes("VmStk:") > 0 && kilobytes("VmData:") > 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  load(self, "status");
  line("NoNewPrivs");

  Gate gate = new_gate();
  pthread_t other;
  NEED(pthread_create(&other, 0, thread, &gate) == 0);
  load(self, "status");
  line("Threads");
  load(self, "stat");
  say("threads %ld\n", field(20));
  open_gate(&gate);
  pthread_join(other, 0);

  pid_t child = fork();
  if (child == 0) {
    pass_gate(&gate);
    for (;;) pause();
  }
  state("waits", child, 'S');
  say("forked: flags & 0x40 = %#lx\n", field(9) & 0x40);
  IS(field(4) == self);
  NEED(load(child, "status") > 0);
  line("SigPnd");
  line("ShdPnd");
  kill(child, SIGSTOP);
  state("stopped", child, 'T');
  load(child, "status");
  line("State");
  kill(child, SIGCONT);
  open_gate(&gate);
  state("goes on", child, 'S');
  kill(child, SIGKILL);
  state("ended", child, 'Z');
  say("size %ld, resident %ld, threads %ld\n", field(23), field(24), field(20));
  say("cmdline of a zombie: %d\n", load(child, "cmdline"));
  NEED(load(child, "status") > 0);
  line("State");
  line("VmSize");
  reap("child", child);
  RESULT(load(child, "stat"));
  return 0;
}
