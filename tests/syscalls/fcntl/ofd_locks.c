/* Open file description locks, deadlocks between processes, locks that end with close and exit. */
#include "check.h"

static int fd;

static struct flock range(short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return lock;
}

static int set(int file, int command, short type, off_t start, off_t length) {
  struct flock lock = range(type, start, length);
  return fcntl(file, command, &lock);
}

static void show(const char *what, int file, int command, short type, off_t start, off_t length) {
  struct flock lock = range(type, start, length);
  if (fcntl(file, command, &lock) < 0) say("%s: %s\n", what, error_name(errno));
  else if (lock.l_type == F_UNLCK) say("%s: free\n", what);
  else
    say("%s: %s from %ld, %ld long, pid %s\n", what, lock.l_type == F_RDLCK ? "read" : "write",
        (long)lock.l_start, (long)lock.l_len, lock.l_pid == -1 ? "-1" : "of a process");
}

static void test_descriptions(void) {
  int other = open("file", O_RDWR), same = dup(fd);
  RESULT(set(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
  RESULT(set(other, F_OFD_SETLK, F_RDLCK, 5, 10));
  RESULT(set(same, F_OFD_SETLK, F_WRLCK, 5, 10));
  show("other", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  show("process", other, F_GETLK, F_WRLCK, 0, 0);
  RESULT(set(other, F_SETLK, F_WRLCK, 0, 1));
  close(same);
  show("after close of a copy", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  pid_t child = fork();
  if (child == 0) {
    RESULT(set(fd, F_OFD_SETLK, F_UNLCK, 0, 3));
    _exit(0);
  }
  reap("child", child);
  show("child unlocked", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  close(fd);
  show("closed", other, F_OFD_GETLK, F_WRLCK, 0, 0);
  fd = open("file", O_RDWR);
  struct flock lock = range(F_WRLCK, 0, 1);
  lock.l_pid = 5;
  RESULT(fcntl(fd, F_OFD_SETLK, &lock));
  RESULT(fcntl(fd, F_OFD_SETLK, bad_pointer()));
  RESULT(fcntl(fd, F_OFD_GETLK, bad_pointer()));
  RESULT(fcntl(fd, F_SETLKW, bad_pointer()));
  RESULT(set(fd, F_SETLK, 7, 0, 1));
  RESULT(set(fd, F_SETLK, F_WRLCK, -1, 1));
  RESULT(set(99, F_SETLK, F_WRLCK, 0, 1));
  RESULT(set(open("file", O_RDONLY), F_SETLK, F_WRLCK, 0, 1));
  RESULT(set(open("file", O_WRONLY), F_SETLK, F_RDLCK, 0, 1));
  RESULT(set(open("file", O_PATH), F_SETLK, F_RDLCK, 0, 1));
}

static Gate ready;

static int holder(void) {
  NEED(set(fd, F_SETLK, F_WRLCK, 100, 1) == 0);
  open_gate(&ready);
  int result = set(fd, F_SETLKW, F_WRLCK, 0, 1);
  return result == 0 ? 5 : 6;
}

static void test_deadlock(void) {
  ready = new_gate();
  NEED(set(fd, F_SETLK, F_WRLCK, 0, 1) == 0);
  pid_t child = spawn(holder);
  pass_gate(&ready);
  sleep_ms(20);
  RESULT(set(fd, F_SETLKW, F_WRLCK, 100, 1));
  RESULT(set(fd, F_SETLK, F_UNLCK, 0, 1));
  reap("holder", child);
  RESULT(set(fd, F_SETLK, F_WRLCK, 100, 1));
}

static void test_pipe(void) {
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(set(ends[1], F_SETLK, F_WRLCK, 0, 1));
  show("pipe", ends[1], F_OFD_GETLK, F_WRLCK, 0, 1);
}

int main(void) {
  fd = open("file", O_RDWR | O_CREAT, 0644);
  test_descriptions();
  test_deadlock();
  test_pipe();
  return 0;
}
