/* The library over pseudo-terminals: openpty, forkpty, a shell's way of starting a session. */
#include "terminal.h"
#include <pty.h>
#include <utmp.h>

int main(void) {
  struct winsize window = {25, 80, 0, 0};
  struct termios settings;
  int master, slave;
  char name[64];
  RESULT(openpty(&master, &slave, name, 0, &window));
  say("%s\n", name);
  IS(!strcmp(ttyname(slave), name));
  RESULT(tcgetattr(slave, &settings));
  memset(&window, 0, sizeof window);
  RESULT(ioctl(slave, TIOCGWINSZ, &window));
  say("%d %d\n", window.ws_row, window.ws_col);
  pid_t child = forkpty(&master, name, &settings, &window);
  NEED(child >= 0);
  if (child == 0) {
    char line[100];
    printf("tty %s\n", ttyname(0));
    printf("leads %d, foreground %d\n", getsid(0) == getpid(), tcgetpgrp(0) == getpid());
    fflush(stdout);
    if (fgets(line, sizeof line, stdin)) printf("got %s", line);
    fflush(stdout);
    tcdrain(1);
    _exit(5);
  }
  Pair pair = {master, -1};
  type(pair, "hello\n");
  char bytes[1000];
  size_t length = 0;
  for (;;) {
    ssize_t count = read(master, bytes + length, sizeof bytes - length);
    if (count <= 0) {
      say("end: %s\n", count < 0 ? error_name(errno) : "none");
      break;
    }
    length += (size_t)count;
  }
  bytes[length] = 0;
  IS(strstr(bytes, "tty /dev/pts/1\r\n") != 0);
  IS(strstr(bytes, "leads 1, foreground 1\r\n") != 0);
  IS(strstr(bytes, "hello\r\n") != 0);
  IS(strstr(bytes, "got hello\r\n") != 0);
  reap("child", child);
  return 0;
}
