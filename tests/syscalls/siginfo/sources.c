/* siginfo of what each source sends: code, sender, value, address. */
#include "check.h"
#include <pthread.h>

static siginfo_t got;
static volatile int seen;
static void on_signal(int number, siginfo_t *info, void *context) {
  got = *info;
  seen++;
}
static const char *code_name(int code) {
  static char text[16];
  if (code == SI_USER) return "SI_USER";
  if (code == SI_TKILL) return "SI_TKILL";
  if (code == SI_QUEUE) return "SI_QUEUE";
  if (code == SI_KERNEL) return "SI_KERNEL";
  if (code == SI_TIMER) return "SI_TIMER";
  snprintf(text, sizeof text, "%d", code);
  return text;
}
static void await(const char *what, int number) {
  while (!seen) sleep_ms(1);
  seen = 0;
  say("%s: %s, %s, errno %d, mine %d\n", what, signal_name(got.si_signo), code_name(got.si_code),
      got.si_errno, got.si_pid == getpid() && got.si_uid == getuid());
}

static int kills(void) { return kill(getppid(), SIGUSR1); }
static int threads(void) { return syscall(SYS_tgkill, getppid(), getppid(), SIGUSR1); }
static int queues(void) {
  return sigqueue(getppid(), SIGRTMIN, (union sigval){.sival_ptr = (void *)0x123456789a});
}
static int as_user(void) {
  NEED(setresuid(0, 1000, 0) == 0);
  return kill(getppid(), SIGUSR1);
}
static void from(const char *what, int (*function)(void)) {
  pid_t child = spawn(function);
  while (!seen) sleep_ms(1);
  seen = 0;
  say("%s: %s, %s, of the child %d, user %d\n", what, signal_name(got.si_signo),
      code_name(got.si_code), got.si_pid == child, (int)got.si_uid);
  reap("child", child);
}

int main(void) {
  int numbers[] = {SIGUSR1, SIGRTMIN, SIGPIPE, SIGALRM, SIGSEGV, SIGBUS, SIGCHLD};
  for (int i = 0; i < 7; i++) handle_info(numbers[i], on_signal, 0);
  signal(SIGCHLD, SIG_DFL);
  kill(getpid(), SIGUSR1);
  await("kill", SIGUSR1);
  raise(SIGUSR1);
  await("raise", SIGUSR1);
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7});
  await("sigqueue", SIGRTMIN);
  say("value %d\n", got.si_value.sival_int);
  pthread_kill(pthread_self(), SIGUSR1);
  await("pthread_kill", SIGUSR1);
  int ends[2];
  NEED(pipe(ends) == 0);
  close(ends[0]);
  RESULT(write(ends[1], "x", 1));
  await("broken pipe", SIGPIPE);
  struct itimerval timer = {{0, 0}, {0, 1000}};
  NEED(setitimer(ITIMER_REAL, &timer, 0) == 0);
  while (!seen) sleep_ms(1);
  say("setitimer: %s, %s, pid %d\n", signal_name(got.si_signo), code_name(got.si_code), got.si_pid);
  seen = 0;
  from("kill", kills);
  from("tgkill", threads);
  from("sigqueue", queues);
  say("value %lx\n", (unsigned long)got.si_value.sival_ptr);
  from("another effective user", as_user);
  return 0;
}
