/* Record locks belong to the descriptor table: processes that share it share them, and they go with
 * any descriptor of the file in it, whoever made them (fcntl(2), clone(2) CLONE_FILES).
 * qemu differs: version 7.2 makes no process that shares files. */
#include "check.h"
#include <sched.h>

static int lock(int file, int command, int type) {
  struct flock range = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 4};
  return fcntl(file, command, &range);
}

/* Whether another process may have it. */
static void other(const char *when) {
  pid_t child = fork();
  if (child == 0) {
    int file = open("file", O_RDWR);
    int result = lock(file, F_SETLK, F_WRLCK);
    say("%s: %s\n", when, result == 0 ? "free" : error_name(errno));
    _exit(0);
  }
  NEED(waitpid(child, 0, 0) == child);
}

static pid_t sharing(void) { return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0); }

int main(void) {
  int file = open("file", O_CREAT | O_RDWR, 0600);
  pid_t child = sharing();
  if (child == 0) {
    NEED(lock(file, F_SETLK, F_WRLCK) == 0);
    _exit(0);
  }
  NEED(waitpid(child, 0, 0) == child);
  other("its maker has ended");
  RESULT(lock(file, F_SETLK, F_WRLCK));
  close(file);
  other("the table's descriptor is closed");

  file = open("file", O_RDWR);
  NEED(lock(file, F_SETLK, F_WRLCK) == 0);
  child = sharing();
  if (child == 0) {
    close(file);
    _exit(0);
  }
  NEED(waitpid(child, 0, 0) == child);
  other("who shares the table has closed it");

  file = open("file", O_RDWR);
  child = sharing();
  if (child == 0) {
    NEED(lock(file, F_SETLK, F_WRLCK) == 0);
    NEED(unshare(CLONE_FILES) == 0);
    other("its maker has a table of its own");
    RESULT(lock(file, F_SETLK, F_WRLCK));
    _exit(0);
  }
  NEED(waitpid(child, 0, 0) == child);
  other("the table has it still");
  close(file);
  other("the last descriptor is closed");
  return 0;
}
