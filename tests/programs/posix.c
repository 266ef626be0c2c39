/* Calls each procedure of src/syscalls/posix.ts once, each behind a marker: a write of "=name" to
 * descriptor 1. What it makes of the kernel is read from the trace. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

extern char **environ;
static void on_alarm(int number) { (void)number; }

static void mark(const char *name) {
  if (write(1, name, strlen(name)) < 0) _exit(99);
}
#define MARK(name) mark("=" #name "\n")

static void processes(char *self) {
  struct sigaction action;
  sigset_t none;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alarm;
  sigemptyset(&none);
  MARK(fork);
  pid_t child = fork();
  if (child == 0) {
    MARK(execve);
    execve(self, (char *[]){self, "exit", 0}, environ);
    _exit(98);
  }
  MARK(waitpid);
  waitpid(child, 0, 0);
  MARK(getpid);
  getpid();
  MARK(sbrk);
  sbrk(4096);
  MARK(sigaction);
  sigaction(SIGALRM, &action, 0);
  MARK(sigprocmask);
  sigprocmask(SIG_BLOCK, &none, 0);
  MARK(alarm);
  alarm(1);
  MARK(pause);
  pause();
  MARK(nice);
  nice(1);
}

static void files(void) {
  char byte;
  int ends[2];
  struct stat status;
  MARK(open);
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  MARK(write);
  if (write(fd, "x", 1) != 1) _exit(97);
  MARK(lseek);
  lseek(fd, 0, SEEK_SET);
  MARK(read);
  if (read(fd, &byte, 1) != 1) _exit(96);
  MARK(fstat);
  fstat(fd, &status);
  MARK(fcntl);
  fcntl(fd, F_GETFD);
  MARK(dup2);
  dup2(fd, 9);
  MARK(close);
  close(fd);
  MARK(creat);
  creat("other", 0644);
  MARK(stat);
  stat("file", &status);
  MARK(pipe);
  if (pipe(ends)) _exit(95);
  MARK(ioctl);
  ioctl(ends[0], FIONREAD, &fd);
  MARK(access);
  access("file", R_OK);
  MARK(truncate);
  if (truncate("file", 0)) _exit(94);
}

static void directories(void) {
  MARK(mkdir);
  mkdir("folder", 0755);
  MARK(link);
  link("file", "second");
  MARK(symlink);
  symlink("file", "symbolic");
  MARK(unlink);
  unlink("second");
  MARK(rename);
  rename("other", "third");
  MARK(mount);
  mount("none", "folder", "tmpfs", 0, 0);
  MARK(umount);
  umount("folder");
  MARK(rmdir);
  rmdir("folder");
  MARK(sync);
  sync();
}

static void miscellaneous(void) {
  struct tms usage;
  struct utsname names;
  MARK(chmod);
  chmod("file", 0600);
  MARK(chown);
  if (chown("file", 0, 0)) _exit(93);
  MARK(umask);
  umask(022);
  MARK(utime);
  utime("file", 0);
  pid_t self = getpid();
  MARK(kill);
  kill(self, 0);
  MARK(time);
  time(0);
  MARK(times);
  times(&usage);
  MARK(uname);
  uname(&names);
  MARK(getuid);
  getuid();
  MARK(chdir);
  if (chdir("/tmp")) _exit(92);
  MARK(chroot);
  if (chroot("/")) _exit(91);
  MARK(setuid);
  if (setuid(0)) _exit(90);
}

int main(int count, char **arguments) {
  if (count > 1) {
    MARK(exit);
    exit(0);
  }
  processes(arguments[0]);
  files();
  directories();
  miscellaneous();
  MARK(end);
  return 0;
}
