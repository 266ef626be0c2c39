/* fcntl record locks: ranges, conflicts, F_GETLK, waiting, split and merged ranges, lost at close. */
#include "check.h"

static long lock(int file, int command, short type, off_t start, off_t length) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(file, command, &range);
}

static void who(int file, short type, off_t start, off_t length) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  NEED(fcntl(file, F_GETLK, &range) == 0);
  if (range.l_type == F_UNLCK) say("free\n");
  else
    say("%s lock at %ld, length %ld, of the parent: %d\n",
        range.l_type == F_WRLCK ? "write" : "read", (long)range.l_start, (long)range.l_len,
        range.l_pid == getppid());
}

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0);
  RESULT(lock(file, F_SETLK, F_WRLCK, 10, 10));
  RESULT(lock(file, F_SETLK, F_RDLCK, 14, 2));
  RESULT(lock(file, F_SETLK, F_WRLCK, 50, 0));
  Gate gate = new_gate();
  pid_t child = fork();
  if (child == 0) {
    who(file, F_RDLCK, 0, 5);
    who(file, F_RDLCK, 0, 12);
    who(file, F_RDLCK, 14, 2);
    who(file, F_WRLCK, 14, 2);
    who(file, F_WRLCK, 1000, 1);
    RESULT(lock(file, F_SETLK, F_RDLCK, 12, 1));
    RESULT(lock(file, F_SETLK, F_RDLCK, 14, 2));
    RESULT(lock(file, F_SETLK, F_WRLCK, 20, 30));
    open_gate(&gate);
    RESULT(lock(file, F_SETLKW, F_WRLCK, 10, 2));
    say("the child has it\n");
    _exit(0);
  }
  pass_gate(&gate);
  sleep_ms(20);
  RESULT(lock(file, F_SETLK, F_RDLCK, 15, 1));
  say("the parent gives it back\n");
  NEED(lock(file, F_SETLK, F_UNLCK, 10, 3) == 0);
  reap("child", child);

  /* Closing any descriptor of the file loses the process's locks on it. */
  int other = open("file", O_RDONLY);
  close(other);
  child = fork();
  if (child == 0) {
    RESULT(lock(file, F_SETLK, F_WRLCK, 0, 0));
    _exit(0);
  }
  reap("child", child);
  RESULT(lock(file, F_SETLK, F_WRLCK, -1, 1));
  RESULT(lock(file, F_SETLK, 9, 0, 1));
  RESULT(lock(99, F_SETLK, F_WRLCK, 0, 1));
  int read_only = open("file", O_RDONLY);
  RESULT(lock(read_only, F_SETLK, F_WRLCK, 0, 1));
  RESULT(fcntl(file, F_SETLK, bad_pointer()));
  return 0;
}
