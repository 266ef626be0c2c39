/* A program that runs cannot be written, a file being written cannot run: ETXTBSY.
 * qemu differs: it maps the program itself, so that it is not busy. */
#include "check.h"

static void copy(const char *from, const char *to) {
  static char bytes[65536];
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  ssize_t count;
  NEED(in >= 0 && out >= 0);
  while ((count = read(in, bytes, sizeof bytes)) > 0) NEED(write(out, bytes, count) == count);
  close(in);
  close(out);
}

int main(int argc, char **argv) {
  char *args[] = {"program", "inner", 0}, *none[] = {0};
  if (argc > 1) {
    RESULT(open("program", O_WRONLY));
    RESULT(open("program", O_RDWR));
    RESULT(open("program", O_RDONLY | O_TRUNC));
    RESULT(truncate("program", 5));
    IS(open("program", O_RDONLY) >= 0);
    pid_t child = fork();
    if (child == 0) {
      RESULT(open("program", O_WRONLY));
      _exit(0);
    }
    reap("child", child);
    RESULT(unlink("program"));
    return 0;
  }
  copy("/proc/self/exe", "program");
  int writer = open("program", O_WRONLY);
  RESULT(execve("program", args, none));
  close(writer);
  pid_t child = fork();
  if (child == 0) {
    execve("program", args, none);
    _exit(1);
  }
  reap("inner", child);
  copy("/proc/self/exe", "program");
  RESULT(close(open("program", O_WRONLY)));
  return 0;
}
