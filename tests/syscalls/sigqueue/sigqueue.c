/* rt_sigqueueinfo, rt_tgsigqueueinfo: values, codes that may be claimed, order of real-time
 * signals and of equal ones, RLIMIT_SIGPENDING; every refusal.
 * needs a pid namespace: nobody else's signals may count for the limit.
 * qemu differs: version 7.2 leaves the value of what kill(2) sent as it was. */
#include "check.h"

static siginfo_t info;
static long queue(pid_t pid, int number, int code) {
  memset(&info, 0, sizeof info);
  info.si_code = code;
  info.si_pid = 77;
  info.si_uid = 88;
  info.si_value.sival_int = 99;
  return syscall(SYS_rt_sigqueueinfo, pid, number, &info);
}
static long queue_thread(pid_t pid, pid_t thread, int number, int code) {
  memset(&info, 0, sizeof info);
  info.si_code = code;
  return syscall(SYS_rt_tgsigqueueinfo, pid, thread, number, &info);
}

static int waits(void) {
  for (;;) pause();
}
static pid_t roots;
static int user(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  RESULT(queue(roots, SIGUSR1, SI_QUEUE));
  RESULT(queue(roots, 0, SI_QUEUE));
  RESULT(queue_thread(roots, roots, SIGUSR1, SI_QUEUE));
  return 0;
}

static sigset_t all;
static void show_pending(const char *what) {
  struct timespec zero = {0, 0};
  siginfo_t got;
  say("%s:", what);
  for (int number; (number = sigtimedwait(&all, &got, &zero)) > 0;) {
    say(" %s%d code %d value %d;", number >= SIGRTMIN ? "RT+" : "",
        number >= SIGRTMIN ? number - SIGRTMIN : number, got.si_code, got.si_value.sival_int);
  }
  say("\n");
}

static int limited(void) {
  struct rlimit limit = {5, 5};
  NEED(setresuid(4321, 4321, 4321) == 0 && setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
  int queued = 0;
  while (queued < 50 && sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = queued}) == 0) {
    queued++;
  }
  say("queued %d, then %s\n", queued, error_name(errno));
  RESULT(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}));
  RESULT(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1}));
  RESULT(kill(getpid(), SIGUSR2));
  RESULT(kill(getpid(), SIGRTMIN + 2));
  show_pending("over the limit");
  RESULT(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 6}));
  show_pending("room again");
  return 0;
}

int main(void) {
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  pid_t me = getpid();
  RESULT(queue(me, SIGRTMIN + 3, SI_QUEUE));
  RESULT(queue(me, SIGRTMIN + 1, SI_QUEUE));
  RESULT(queue(me, SIGUSR2, -60));
  RESULT(queue(me, SIGRTMIN + 1, SI_TKILL));
  RESULT(queue(me, SIGUSR1, SI_USER));
  RESULT(queue(me, SIGUSR1, SI_QUEUE));
  RESULT(queue(me, SIGRTMIN + 1, 77));
  show_pending("in order");
  RESULT(queue_thread(me, me, SIGRTMIN, SI_QUEUE));
  RESULT(queue(me, SIGRTMIN, SI_MESGQ));
  show_pending("the thread's before the process's");

  roots = spawn(waits);
  RESULT(queue(roots, SIGURG, SI_USER));
  RESULT(queue(roots, SIGURG, SI_TKILL));
  RESULT(queue(roots, SIGURG, 1));
  RESULT(queue(roots, SIGURG, SI_QUEUE));
  RESULT(queue_thread(roots, roots, SIGURG, SI_USER));
  RESULT(queue_thread(roots, roots, SIGURG, SI_QUEUE));
  reap("user", spawn(user));
  RESULT(queue(roots, 65, SI_QUEUE));
  RESULT(queue(roots, -1, SI_QUEUE));
  RESULT(queue(1 << 29, SIGURG, SI_QUEUE));
  RESULT(queue(1 << 29, SIGURG, SI_USER));
  RESULT(queue(-1, SIGURG, SI_QUEUE));
  RESULT(queue_thread(roots, me, SIGURG, SI_QUEUE));
  RESULT(queue_thread(0, me, SIGURG, SI_QUEUE));
  RESULT(queue_thread(me, 0, SIGURG, SI_QUEUE));
  RESULT(queue_thread(me, 1 << 29, SIGURG, SI_QUEUE));
  RESULT(queue_thread(me, me, 65, SI_QUEUE));
  RESULT(syscall(SYS_rt_sigqueueinfo, me, SIGURG, bad_pointer()));
  RESULT(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGURG, bad_pointer()));
  kill(roots, SIGKILL);
  reap("root's", roots);
  reap("limited", spawn(limited));
  return 0;
}
