/* F_SETOWN, F_SETOWN_EX, F_SETSIG, O_ASYNC: signals for input. */
#include "check.h"

static volatile int number, code, descriptor, times;
static void note(int signal, siginfo_t *info, void *context) {
  number = signal;
  code = info->si_code;
  times++;
}

int main(void) {
  int ends[2];
  struct f_owner_ex owner;
  NEED(pipe(ends) == 0);
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  RESULT(fcntl(ends[0], F_GETOWN));
  RESULT(fcntl(ends[0], F_SETOWN, getpid()));
  IS(fcntl(ends[0], F_GETOWN) == getpid());
  RESULT(fcntl(ends[0], F_GETOWN_EX, &owner));
  IS(owner.type == F_OWNER_PID && owner.pid == getpid());
  RESULT(fcntl(ends[0], F_SETOWN, 0x7ffffff));
  RESULT(fcntl(ends[0], F_SETOWN, -getpgrp()));
  RESULT(fcntl(ends[0], F_GETOWN_EX, &owner));
  IS(owner.type == F_OWNER_PGRP && owner.pid == getpgrp());
  owner.type = F_OWNER_TID;
  owner.pid = gettid();
  RESULT(fcntl(ends[0], F_SETOWN_EX, &owner));
  RESULT(fcntl(ends[0], F_GETOWN_EX, &owner));
  IS(owner.type == F_OWNER_TID && owner.pid == gettid());
  owner.type = 7;
  RESULT(fcntl(ends[0], F_SETOWN_EX, &owner));
  RESULT(fcntl(ends[0], F_SETOWN_EX, bad_pointer()));
  RESULT(fcntl(ends[0], F_GETOWN_EX, bad_pointer()));
  handle_info(SIGIO, note, 0);
  handle_info(SIGUSR1, note, 0);
  RESULT(fcntl(ends[0], F_SETFL, O_ASYNC));
  IS((fcntl(ends[0], F_GETFL) & O_ASYNC) != 0);
  NEED(write(ends[1], "x", 1) == 1);
  say("%s %d\n", signal_name(number), times);
  RESULT(fcntl(ends[0], F_GETSIG));
  RESULT(fcntl(ends[0], F_SETSIG, SIGUSR1));
  RESULT(fcntl(ends[0], F_GETSIG));
  RESULT(fcntl(ends[0], F_SETSIG, 65));
  RESULT(fcntl(ends[0], F_SETSIG, -1));
  NEED(write(ends[1], "x", 1) == 1);
  say("%s %d %d\n", signal_name(number), code == POLL_IN, times);
  RESULT(fcntl(ends[0], F_SETFL, 0));
  NEED(write(ends[1], "x", 1) == 1);
  say("%d\n", times);
  RESULT(fcntl(fd, F_SETFL, O_ASYNC));
  IS((fcntl(fd, F_GETFL) & O_ASYNC) != 0);
  RESULT(fcntl(fd, F_SETOWN, getpid()));
  RESULT(fcntl(99, F_SETOWN, getpid()));
  RESULT(fcntl(99, F_GETOWN));
  RESULT(fcntl(fd, F_NOTIFY, DN_CREATE));
  RESULT(fcntl(open("file", O_PATH), F_GETOWN));
  RESULT(fcntl(fd, 9999));
  return 0;
}
