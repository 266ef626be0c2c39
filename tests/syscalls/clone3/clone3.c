/* clone3: a process and a thread by its structure; every refusal.
 * qemu differs: version 7.2 has no clone3. */
#include "check.h"

struct args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup, more[2];
};
static struct args args;
static long clone3(struct args *at, size_t size) { return syscall(SYS_clone3, at, size); }

#define REFUSED(size, ...)                                \
  do {                                                    \
    memset(&args, 0, sizeof args);                        \
    args = (struct args){__VA_ARGS__};                    \
    say("%s: ", #__VA_ARGS__);                            \
    long result = clone3(&args, size);                    \
    if (result == 0) _exit(0);                            \
    if (result > 0) waitpid(result, 0, __WALL);           \
    say("%s\n", result < 0 ? error_name(errno) : "ok");   \
  } while (0)

static void on_usr(int number) { (void)number; }

static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  pid_t wanted = 12345;
  REFUSED(88, .flags = CLONE_NEWNS);
  REFUSED(88, .flags = CLONE_NEWPID);
  REFUSED(80, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1);
  return 0;
}

int main(void) {
  static int parent_word, child_word;
  args = (struct args){.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
                       .parent_tid = (uintptr_t)&parent_word,
                       .child_tid = (uintptr_t)&child_word,
                       .exit_signal = SIGCHLD};
  long child = clone3(&args, 64);
  if (child == 0) {
    IS(child_word == getpid());
    _exit(5);
  }
  reap("child", child);
  IS(parent_word == child && child_word == 0);

  handle(SIGUSR1, on_usr, 0);
  signal(SIGUSR2, SIG_IGN);
  args = (struct args){.flags = 0x100000000, .exit_signal = SIGCHLD};
  child = clone3(&args, 64);
  if (child == 0) {
    struct sigaction one, two;
    sigaction(SIGUSR1, 0, &one);
    sigaction(SIGUSR2, 0, &two);
    say("CLONE_CLEAR_SIGHAND: handler %s, ignored %s\n", one.sa_handler == SIG_DFL ? "gone" : "there",
        two.sa_handler == SIG_IGN ? "stays" : "gone");
    _exit(0);
  }
  reap("child", child);

  REFUSED(88, .exit_signal = 0);
  REFUSED(88, .exit_signal = SIGUSR2);
  REFUSED(63, .exit_signal = SIGCHLD);
  REFUSED(5000, .exit_signal = SIGCHLD);
  REFUSED(104, .exit_signal = SIGCHLD);
  REFUSED(104, .exit_signal = SIGCHLD, .more = {0, 1});
  REFUSED(88, .exit_signal = 65);
  REFUSED(88, .exit_signal = 256);
  REFUSED(88, .flags = SIGCHLD);
  REFUSED(88, .flags = CLONE_DETACHED);
  REFUSED(88, .flags = 1ULL << 40);
  REFUSED(88, .flags = CLONE_THREAD);
  REFUSED(88, .flags = CLONE_SIGHAND);
  REFUSED(88, .flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD);
  REFUSED(88, .flags = CLONE_PARENT, .exit_signal = SIGCHLD);
  REFUSED(88, .flags = CLONE_VM | CLONE_SIGHAND | 0x100000000);
  REFUSED(88, .flags = CLONE_FS | CLONE_NEWNS);
  REFUSED(88, .stack_size = 4096);
  REFUSED(88, .stack = 4096);
  REFUSED(88, .stack = 1ULL << 62, .stack_size = 4096);
  REFUSED(88, .set_tid_size = 1);
  REFUSED(88, .set_tid = 4096);
  REFUSED(88, .set_tid = 4096, .set_tid_size = 99);
  RESULT(syscall(SYS_clone3, bad_pointer(), 64));
  RESULT(syscall(SYS_clone3, 0, 64));
  reap("user", spawn(user));
  return 0;
}
