/* memfd_create: a file without a name: reads, writes, mappings shared between processes, what stat
 * and /proc say of it, executing it, refusals.
 * qemu differs: version 7.2 cannot execute a descriptor. */
#include "check.h"

static char long_name[300];

int main(int count, char **arguments) {
  if (count > 1) return 42;
  int file = memfd_create("some name", 0);
  NEED(file >= 0);
  RESULT(write(file, "content", 7));
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(ftruncate(file, 2 * PAGE));
  struct stat status;
  NEED(fstat(file, &status) == 0);
  say("size %ld, links %ld, mode %o\n", (long)status.st_size, (long)status.st_nlink,
      status.st_mode);
  RESULT(fcntl(file, F_GETFD));
  IS((fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR);
  char *shared = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  NEED(shared != MAP_FAILED);
  pid_t child = fork();
  if (child == 0) {
    strcpy(shared + PAGE, "child");
    _exit(pwrite(file, "C", 1, 0) == 1 ? 0 : 1);
  }
  reap("child", child);
  say("%.7s %s\n", shared, shared + PAGE);
  char path[64], text[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  ssize_t length = readlink(path, text, sizeof text - 1);
  say("%.*s\n", (int)length, text);
  int again = open(path, O_RDONLY);
  NEED(again >= 0 && read(again, text, 7) == 7);
  say("opened again: %.7s\n", text);
  RESULT(link(path, "name"));
  RESULT(linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
  NEED(close(file) == 0);
  say("after close %.7s\n", shared);
  file = memfd_create("", MFD_CLOEXEC);
  RESULT(fcntl(file, F_GETFD));
  IS(fcntl(memfd_create("some name", 0), F_GETFD) == 0);
  memset(long_name, 'n', 249);
  SUCCESS(memfd_create(long_name, 0));
  long_name[249] = 'n';
  RESULT(memfd_create(long_name, 0));
  RESULT(memfd_create("x", 0x8000));
  RESULT(memfd_create("x", 8 | 16));
  RESULT(syscall(SYS_memfd_create, bad_pointer(), 0));
  struct rlimit limit = {8, 8};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  while (dup(0) >= 0) continue;
  RESULT(memfd_create("x", 0));
  NEED(close(7) == 0);

  /* A program that is only in memory. */
  int self = open(arguments[0], O_RDONLY);
  NEED(self == 7 && close(6) == 0);
  int program = memfd_create("program", 0);
  static char block[65536];
  ssize_t part;
  while ((part = read(self, block, sizeof block)) > 0) NEED(write(program, block, part) == part);
  char *list[] = {"p", "x", 0}, *none[] = {0};
  child = fork();
  if (child == 0) {
    /* A program that may be written to is busy, unless it is in memory only. */
    syscall(SYS_execveat, program, "", list, none, AT_EMPTY_PATH);
    say("%s\n", error_name(errno));
    _exit(1);
  }
  reap("executed", child);
  return 0;
}
