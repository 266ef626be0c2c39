/* Flags of a mount: noexec, nosuid, nodev, nosymfollow, noatime; what statfs says of them.
 * qemu differs: its execve needs binfmt_misc, which ignores set-user-ID. */
#include "check.h"
#include <sys/mount.h>
#include <sys/statfs.h>

static void show(const char *path) {
  struct statfs figures;
  NEED(statfs(path, &figures) == 0);
  say("%s: flags %lx\n", path, (long)figures.f_flags & ~0x20L);
}

static void copy(const char *from, const char *to, mode_t mode) {
  static char buffer[65536];
  int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755);
  NEED(in >= 0 && out >= 0);
  for (ssize_t count; (count = read(in, buffer, sizeof buffer)) != 0;)
    NEED(count > 0 && write(out, buffer, (size_t)count) == count);
  NEED(fchmod(out, mode) == 0 && close(in) == 0 && close(out) == 0);
}

static void run_as_user(const char *what, const char *path) {
  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    execl(path, path, "id", (char *)0);
    say("execve: %s\n", error_name(errno));
    _exit(1);
  }
  reap(what, child);
}

static long read_time(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  return status.st_atime;
}

static void touch_and_read(const char *what, const char *path, int directory) {
  struct timespec times[2] = {{1000, 0}, {2000, 0}};
  char buffer[512];
  NEED(utimensat(AT_FDCWD, path, times, 0) == 0);
  int file = open(path, O_RDONLY);
  NEED(file >= 0);
  if (directory) NEED(syscall(SYS_getdents64, file, buffer, sizeof buffer) > 0);
  else NEED(read(file, buffer, 1) == 1);
  close(file);
  say("%s: time of access %s\n", what, read_time(path) == 1000 ? "stays" : "is new");
}

/* The time of access, newer than that of modification: only strictatime sets it again. */
static void read_again(const char *what, const char *path) {
  struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  struct stat before, after;
  char byte;
  int file = open(path, O_RDONLY);
  /* Also the time of change has to be older: the call sets both to the same moment, then reads. */
  NEED(file >= 0 && utimensat(AT_FDCWD, path, times, 0) == 0);
  sleep_ms(20);
  NEED(pread(file, &byte, 1, 0) == 1 && fstat(file, &before) == 0);
  sleep_ms(20);
  NEED(pread(file, &byte, 1, 0) == 1 && fstat(file, &after) == 0 && close(file) == 0);
  int same = before.st_atim.tv_nsec == after.st_atim.tv_nsec;
  say("%s, read again: time of access %s\n", what, same ? "stays" : "is new");
}

int main(int count, char **arguments) {
  if (count == 2) {
    say("real %d effective %d\n", (int)getuid(), (int)geteuid());
    return 0;
  }
  umask(0);
  NEED(mkdir("m", 0755) == 0 && mkdir("n", 0755) == 0);
  NEED(mount("none", "m", "tmpfs", 0, "mode=755") == 0);
  copy(arguments[0], "m/program", 04755);
  NEED(mkdir("m/dir", 0755) == 0 && symlink("program", "m/link") == 0);
  run_as_user("as usual", "m/program");
  show("m");
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_NOSUID, 0));
  run_as_user("nosuid", "m/program");
  show("m");
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_NOEXEC, 0));
  run_as_user("noexec", "m/program");
  show("m");
  RESULT(access("m/program", X_OK));
  RESULT(access("m/program", R_OK));
  RESULT(access("m/dir", X_OK));
  int file = open("m/program", O_RDONLY);
  NEED(file >= 0);
  IS(mmap(0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED && errno == EPERM);
  void *page = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
  IS(page != MAP_FAILED && munmap(page, PAGE) == 0);
  close(file);
  RESULT(mount("m", "n", 0, MS_BIND, 0));
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND, 0));
  run_as_user("executable here", "m/program");
  run_as_user("not there", "n/program");
  RESULT(umount("n"));

  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | 256, 0));
  show("m");
  RESULT(access("m/link", F_OK));
  RESULT(open("m/link", O_RDONLY));
  RESULT(readlink("m/link", (char[10]){0}, 10));
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND, 0));
  RESULT(access("m/link", F_OK));

  touch_and_read("relatime", "m/program", 0);
  touch_and_read("relatime", "m/dir", 1);
  read_again("relatime", "m/program");
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_NOATIME, 0));
  show("m");
  touch_and_read("noatime", "m/program", 0);
  touch_and_read("noatime", "m/dir", 1);
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_NOSUID, 0));
  show("m");
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_NODIRATIME, 0));
  show("m");
  touch_and_read("nodiratime", "m/program", 0);
  touch_and_read("nodiratime", "m/dir", 1);
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_BIND | MS_STRICTATIME, 0));
  show("m");
  read_again("strictatime", "m/program");
  RESULT(mount(0, "m", 0, MS_REMOUNT | MS_RDONLY, 0));
  show("m");
  RESULT(umount("m"));

  /* A device, shown by a bind mount. */
  file = open("null", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0 && mount("/dev/null", "null", 0, MS_BIND, 0) == 0);
  file = open("null", O_WRONLY);
  RESULT(write(file, "x", 1));
  RESULT(close(file));
  RESULT(mount(0, "null", 0, MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID | MS_NOEXEC, 0));
  RESULT(open("null", O_WRONLY));
  RESULT(access("null", W_OK));
  RESULT(umount("null"));
  return 0;
}
