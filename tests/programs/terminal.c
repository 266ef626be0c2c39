/*
 * A session on the console, played by terminal.test.ts: a line, a job that reads in the background
 * and is stopped, continued in the foreground and interrupted, a window, bytes with a time limit.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t windows;

static void count_window(int signal) {
  (void)signal;
  windows++;
}

static void read_line(const char *who) {
  char line[256];
  ssize_t length = read(0, line, sizeof line - 1);
  if (length < 0) {
    printf("%s: errno %d\n", who, errno);
  } else {
    line[length] = 0;
    line[strcspn(line, "\n")] = 0;
    printf("%s: %zd bytes <%s>\n", who, length, line);
  }
}

static void job(void) {
  setpgid(0, 0);
  read_line("job");
  pause();
}

static void test_jobs(void) {
  pid_t child = fork();
  if (child == 0) {
    job();
    exit(0);
  }
  setpgid(child, child);
  int status;
  waitpid(child, &status, WUNTRACED);
  printf("stopped by %d\n", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(0, child);
  kill(-child, SIGCONT);
  printf("job is in the foreground\n");
  waitpid(child, &status, 0);
  printf("ended by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  tcsetpgrp(0, getpgrp());
}

static void test_time(void) {
  struct termios settings;
  tcgetattr(0, &settings);
  settings.c_lflag &= ~(ICANON | ECHO);
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 2;
  tcsetattr(0, TCSADRAIN, &settings);
  struct timespec begin, end;
  char byte;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  ssize_t length = read(0, &byte, 1);
  clock_gettime(CLOCK_MONOTONIC, &end);
  long tenths = (end.tv_sec - begin.tv_sec) * 10 + (end.tv_nsec - begin.tv_nsec) / 100000000;
  printf("%zd bytes, %s\n", length, tenths >= 2 ? "in time" : "too early");
  settings.c_cc[VMIN] = 3;
  tcsetattr(0, TCSANOW, &settings);
  char bytes[4] = "";
  printf("ready for bytes\n");
  length = read(0, bytes, 3);
  printf("%zd bytes <%s>\n", length, bytes);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("session %d, foreground %d\n", tcgetsid(0) == getpid(), tcgetpgrp(0) == getpgrp());
  read_line("leader");
  test_jobs();
  struct sigaction action = {.sa_handler = count_window};
  sigaction(SIGWINCH, &action, NULL);
  printf("waiting for a window\n");
  while (windows == 0) pause();
  struct winsize size;
  ioctl(0, TIOCGWINSZ, &size);
  printf("window %dx%d\n", size.ws_col, size.ws_row);
  test_time();
  return 3;
}
