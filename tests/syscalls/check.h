/* What every test program shares: print facts, never pids, addresses or times, so that the output
 * of the same source is equal on every correct system. Each say() is one write to descriptor 1:
 * nothing is buffered, so nothing is printed twice after a fork. */
#ifndef CHECK_H
#define CHECK_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
enum { PAGE = 4096 };

/* Prints one formatted line piece; async-signal-safe enough for the integers and strings used. */
UNUSED __attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  char text[1024];
  int saved = errno;
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  for (int done = 0; done < length;) {
    ssize_t count = write(1, text + done, (size_t)(length - done));
    if (count < 0 && errno != EINTR) _exit(99);
    if (count > 0) done += (int)count;
  }
  errno = saved;
}

UNUSED static const char *error_name(int number) {
  const char *name = strerrorname_np(number);
  return name ? name : "unknown errno";
}

UNUSED static long show_result(const char *what, long result) {
  if (result == -1) say("%s = -1 %s\n", what, error_name(errno));
  else say("%s = %ld\n", what, result);
  return result;
}

/* RESULT prints the call, its value, and errno if it is -1. SUCCESS is for values that vary (a
 * pid, an address): it prints "ok" or the errno. Both give back the value. */
#define RESULT(...) show_result(#__VA_ARGS__, (errno = 0, (long)(__VA_ARGS__)))
#define SUCCESS(...) show_success(#__VA_ARGS__, (errno = 0, (long)(__VA_ARGS__)))
#define IS(...) say("%s: %s\n", #__VA_ARGS__, (__VA_ARGS__) ? "yes" : "no")

UNUSED static long show_success(const char *what, long result) {
  if (result == -1) say("%s = -1 %s\n", what, error_name(errno));
  else say("%s ok\n", what);
  return result;
}

/* Stops the test when its own preparation fails: not a fact about the call under test. */
#define NEED(...)                                                                 \
  do {                                                                            \
    if (!(__VA_ARGS__)) {                                                         \
      say("line %d: %s failed: %s\n", __LINE__, #__VA_ARGS__, error_name(errno)); \
      _exit(98);                                                                  \
    }                                                                             \
  } while (0)

UNUSED static const char *signal_name(int number) {
  static char text[32];
  const char *name = number > 0 && number < 32 ? sigabbrev_np(number) : 0;
  if (name) snprintf(text, sizeof text, "SIG%s", name);
  else snprintf(text, sizeof text, "signal %d", number);
  return text;
}

UNUSED static void show_status(const char *what, int status) {
  if (WIFEXITED(status)) say("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) say("%s: killed by %s\n", what, signal_name(WTERMSIG(status)));
  else if (WIFSTOPPED(status)) say("%s: stopped by %s\n", what, signal_name(WSTOPSIG(status)));
  else if (WIFCONTINUED(status)) say("%s: continued\n", what);
  else say("%s: status %x\n", what, status);
}

/* Waits for the child and prints how it ended. */
UNUSED static void reap(const char *what, pid_t pid) {
  int status;
  pid_t got;
  do got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  if (got == pid) show_status(what, status);
  else say("%s: waitpid failed: %s\n", what, error_name(errno));
}

/* Runs the function in a child, which exits with its result. */
UNUSED static pid_t spawn(int (*function)(void)) {
  pid_t pid = fork();
  NEED(pid >= 0);
  if (pid == 0) _exit(function());
  return pid;
}

UNUSED static void sleep_ms(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
}

UNUSED static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

UNUSED static void handle(int signal_number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  NEED(sigaction(signal_number, &action, 0) == 0);
}

UNUSED static void handle_info(int signal_number, void (*handler)(int, siginfo_t *, void *),
                               int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  NEED(sigaction(signal_number, &action, 0) == 0);
}

/* SIGALRM every so many milliseconds, 0 to stop: repeated, because a single signal could arrive
 * before the call that it should interrupt. */
UNUSED static void alarm_every_ms(long milliseconds) {
  struct itimerval timer;
  timer.it_interval.tv_sec = milliseconds / 1000;
  timer.it_interval.tv_usec = milliseconds % 1000 * 1000;
  timer.it_value = timer.it_interval;
  NEED(setitimer(ITIMER_REAL, &timer, 0) == 0);
}

/* A page that may not be touched; the volatile pointer keeps the compiler from knowing. */
UNUSED static void *bad_pointer(void) {
  static void *volatile page;
  if (!page) page = mmap(0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(page != MAP_FAILED);
  return page;
}

UNUSED static void *shared_page(void) {
  void *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(page != MAP_FAILED);
  return page;
}

/* A pipe as a gate between processes: opened once, passed by reading one byte. */
typedef struct {
  int ends[2];
} Gate;
UNUSED static Gate new_gate(void) {
  Gate gate;
  NEED(pipe(gate.ends) == 0);
  return gate;
}
UNUSED static void open_gate(Gate *gate) { NEED(write(gate->ends[1], "x", 1) == 1); }
UNUSED static void pass_gate(Gate *gate) {
  char byte;
  ssize_t count;
  do count = read(gate->ends[0], &byte, 1);
  while (count < 0 && errno == EINTR);
  NEED(count == 1);
}

#endif
