/* Runs one test program on the host's Linux in namespaces of its own, so that it can neither see
 * nor signal nor write anything of the host: user, mount, pid, ipc, uts and net namespaces, a
 * private /tmp as working directory, the compiled programs at /mnt. With --qemu the namespace gets a
 * binfmt_misc of its own (Linux >= 6.7), so that execve of a riscv64 program works in it without
 * touching the host's.
 *
 * What a process inherits besides (descriptors, signal mask and dispositions, limits, umask, nice
 * value) is set to what a login gives, so that a program sees the same wherever the tests are
 * started.
 *
 * usage: namespaces [--qemu QEMU] PROGRAMS PROGRAM [ARGUMENT...]
 *        namespaces --bare PROGRAM [ARGUMENT...]    without namespaces, in the current folder
 * Status: that of the program, 128 + signal when a signal killed it; 125 with a line on stderr
 * when the namespaces cannot be had, 124 when the program took longer than the limit. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MAX = 20000, LIMIT_SECONDS = 30, STATUS_NO_NAMESPACE = 125, STATUS_TIMEOUT = 124 };

/* The ELF header of a riscv64 executable, and the bits of it that count (binfmt_misc's syntax).
 * P: argv[0] is kept, by which busybox knows what it is. */
#define RULE                                                                                  \
  ":riscv64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00" \
  "\\xf3\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff"     \
  "\\xff\\xfe\\xff\\xff\\xff:%s:PF"

static void fail(const char *what);

static void limit(int resource, rlim_t soft) {
  struct rlimit value;
  if (getrlimit(resource, &value)) fail("getrlimit");
  value.rlim_cur = soft < value.rlim_max ? soft : value.rlim_max;
  if (setrlimit(resource, &value)) fail("setrlimit");
}

/* What a caller may hand down and a program would notice: a test asks for EBADF of a descriptor
 * that the caller may have left open, or waits for a signal that the caller may have blocked. */
static void forget_caller(void) {
  if (close_range(3, ~0U, 0)) fail("close_range");
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  limit(RLIMIT_CORE, 0);
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) fail("getrlimit");
  /* Only root may raise it; some tests open more than a small limit allows. */
  if (files.rlim_max < FILES_MAX) {
    files.rlim_max = FILES_MAX;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  limit(RLIMIT_NOFILE, 1024);
  limit(RLIMIT_STACK, 8 << 20);
  limit(RLIMIT_FSIZE, RLIM_INFINITY);
  limit(RLIMIT_CPU, RLIM_INFINITY);
  limit(RLIMIT_AS, RLIM_INFINITY);
  limit(RLIMIT_DATA, RLIM_INFINITY);
  umask(022);
  setpriority(PRIO_PROCESS, 0, 0); /* refused to users: then the caller's nice value is seen */
}

static void fail(const char *what) {
  fprintf(stderr, "namespaces: %s: %s\n", what, strerror(errno));
  _exit(STATUS_NO_NAMESPACE);
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) fail(path);
  close(fd);
}

/* Root maps every id, so that tests can drop to uid 1000; others can map themselves only. */
static void map_ids(pid_t child) {
  char path[64], text[64];
  int all = geteuid() == 0;
  if (!all) {
    snprintf(path, sizeof path, "/proc/%d/setgroups", child);
    put(path, "deny");
  }
  snprintf(path, sizeof path, "/proc/%d/uid_map", child);
  snprintf(text, sizeof text, "0 %d %d", all ? 0 : (int)geteuid(), all ? 65536 : 1);
  put(path, text);
  snprintf(path, sizeof path, "/proc/%d/gid_map", child);
  snprintf(text, sizeof text, "0 %d %d", all ? 0 : (int)getegid(), all ? 65536 : 1);
  put(path, text);
}

static void prepare_mounts(const char *programs, const char *qemu) {
  if (mount(0, "/", 0, MS_REC | MS_PRIVATE, 0)) fail("make mounts private");
  mount("proc", "/proc", "proc", 0, 0); /* refused in some containers; the tests do not need it */
  if (qemu) {
    char rule[1024];
    if (mount("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, 0))
      fail("mount binfmt_misc");
    snprintf(rule, sizeof rule, RULE, qemu);
    put("/proc/sys/fs/binfmt_misc/register", rule);
  }
  if (mount(programs, "/mnt", 0, MS_BIND | MS_REC, 0)) fail("bind /mnt");
  if (mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777")) fail("mount /tmp");
  /* Pseudo-terminals of its own, as Debian mounts them; without them the tests say so. */
  mount("devpts", "/dev/pts", "devpts", 0, "newinstance,gid=5,mode=620,ptmxmode=666");
  if (chdir("/tmp")) fail("chdir /tmp");
}

/* Process 1 of the namespace: reaps orphans until the program itself has ended. */
static int run_as_init(char **arguments) {
  pid_t program = fork();
  if (program == 0) {
    signal(SIGALRM, SIG_DFL);
    setsid();
    execv(arguments[0], arguments);
    fail(arguments[0]);
  }
  int status;
  for (;;) {
    pid_t pid = wait(&status);
    if (pid == program) break;
    if (pid < 0 && errno != EINTR) fail("wait");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t inner;
static void on_alarm(int signal_number) {
  (void)signal_number;
  kill(inner, SIGKILL); /* process 1: everything in the namespace dies with it */
  _exit(STATUS_TIMEOUT);
}

int main(int count, char **arguments) {
  const char *qemu = 0;
  arguments++;
  forget_caller();
  if (count > 2 && !strcmp(arguments[0], "--bare")) {
    setsid();
    execv(arguments[1], arguments + 1);
    fail(arguments[1]);
  }
  if (count > 2 && !strcmp(arguments[0], "--qemu")) {
    qemu = arguments[1];
    arguments += 2;
  }
  if (!arguments[0] || !arguments[1]) {
    fprintf(stderr, "usage: namespaces [--qemu QEMU] PROGRAMS PROGRAM [ARGUMENT...]\n");
    return STATUS_NO_NAMESPACE;
  }
  int ready[2], mapped[2];
  char byte = 0;
  if (pipe2(ready, O_CLOEXEC) || pipe2(mapped, O_CLOEXEC)) fail("pipe");
  pid_t child = fork();
  if (child == 0) {
    close(mapped[1]);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                CLONE_NEWNET))
      fail("unshare");
    if (write(ready[1], &byte, 1) != 1 || read(mapped[0], &byte, 1) != 1) _exit(125);
    if (setresgid(0, 0, 0) || setresuid(0, 0, 0)) fail("become root");
    inner = fork();
    if (inner == 0) {
      prepare_mounts(arguments[0], qemu);
      _exit(run_as_init(arguments + 1));
    }
    signal(SIGALRM, on_alarm);
    alarm(LIMIT_SECONDS);
    int status;
    if (waitpid(inner, &status, 0) != inner) fail("wait");
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
  close(ready[1]);
  if (read(ready[0], &byte, 1) == 1) {
    map_ids(child);
    if (write(mapped[1], &byte, 1) != 1) fail("write");
  }
  int status;
  if (waitpid(child, &status, 0) != child) fail("wait");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
