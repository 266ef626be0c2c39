/* A stop and a continue during a wait: epoll_wait and sigtimedwait end with EINTR, though no handler
 * ran; poll, select and nanosleep go on (signal(7)).
 * qemu differs: it stops as a whole, and begins calls anew */
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static long in_epoll(void) {
  struct epoll_event event;
  return epoll_wait(epoll_create1(0), &event, 1, 2000);
}
static long in_sigtimedwait(void) {
  sigset_t set;
  struct timespec time = {2, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  return sigtimedwait(&set, 0, &time);
}
static long in_poll(void) { return poll(0, 0, 100); }
static long in_select(void) {
  struct timeval time = {0, 100000};
  return select(0, 0, 0, 0, &time);
}
static long in_nanosleep(void) {
  struct timespec time = {0, 100000000};
  return nanosleep(&time, &time);
}

static void stopped(const char *what, long (*wait_in)(void)) {
  Gate ready = new_gate();
  pid_t child = fork();
  if (child == 0) {
    open_gate(&ready);
    long result = wait_in();
    say("%s: %ld %s\n", what, result, result < 0 ? error_name(errno) : "");
    _exit(0);
  }
  pass_gate(&ready);
  sleep_ms(20);
  int status;
  kill(child, SIGSTOP);
  NEED(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
  kill(child, SIGCONT);
  reap(what, child);
}

int main(void) {
  stopped("epoll_wait", in_epoll);
  stopped("sigtimedwait", in_sigtimedwait);
  stopped("poll", in_poll);
  stopped("select", in_select);
  stopped("nanosleep", in_nanosleep);
  return 0;
}
