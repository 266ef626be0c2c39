/* CLONE_PIDFD: a descriptor of the child, by clone and by clone3; refusals.
 * qemu differs: version 7.2 has no clone3. */
#include "check.h"
#include <poll.h>

struct args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};
static char stack[65536] __attribute__((aligned(16)));
static int seven(void *unused) { return 7; }

static void use(const char *what, pid_t child, int fd) {
  struct pollfd one = {fd, POLLIN};
  say("%s: child %d, close-on-exec %d\n", what, child > 0, fcntl(fd, F_GETFD));
  RESULT(poll(&one, 1, -1));
  siginfo_t info;
  memset(&info, 0, sizeof info);
  RESULT(waitid(3, fd, &info, WEXITED));
  say("status %d, of the child %d\n", info.si_status, info.si_pid == child);
  RESULT(syscall(SYS_pidfd_send_signal, fd, 0, 0, 0));
  close(fd);
}

int main(void) {
  int fd = -1;
  pid_t child = clone(seven, stack + sizeof stack, CLONE_PIDFD | SIGCHLD, 0, &fd);
  use("clone", child, fd);
  struct args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&fd, .exit_signal = SIGCHLD};
  child = syscall(SYS_clone3, &args, 64);
  if (child == 0) {
    say("in the child: %s\n", fcntl(3, F_GETFD) < 0 ? error_name(errno) : "there");
    _exit(8);
  }
  use("clone3", child, fd);
  child = clone(seven, stack + sizeof stack, CLONE_PIDFD | CLONE_VFORK | CLONE_VM | SIGCHLD, 0, &fd);
  use("as vfork", child, fd);

  args.pidfd = (uintptr_t)bad_pointer();
  RESULT(syscall(SYS_clone3, &args, 64));
  RESULT(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
  RESULT(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &fd, 0, 0));
  RESULT(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, bad_pointer(), 0, 0));
  struct rlimit limit = {3, 3};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  args.pidfd = (uintptr_t)&fd;
  RESULT(syscall(SYS_clone3, &args, 64));
  RESULT(waitpid(-1, 0, 0));
  return 0;
}
