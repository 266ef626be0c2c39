/* The links of /proc/self: fd, cwd, root; where they lead after rename and unlink; following them. */
#include "check.h"

static const char *target(const char *link) {
  static char text[300];
  ssize_t length = readlink(link, text, sizeof text - 1);
  if (length < 0) return error_name(errno);
  text[length] = 0;
  return text;
}

static const char *of(int fd) {
  static char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return path;
}

static void show(const char *what, int fd) { say("%s: %s\n", what, target(of(fd))); }

static void show_mode(const char *what, int fd) {
  struct stat link;
  NEED(lstat(of(fd), &link) == 0);
  say("%s: %o\n", what, link.st_mode);
}

int main(void) {
  char text[300];
  struct stat at, there;
  NEED(mkdir("d", 0755) == 0 && chdir("d") == 0);
  int file = open("f", O_RDWR | O_CREAT, 0644);
  int reader = open("f", O_RDONLY), writer = open("f", O_WRONLY), path = open("f", O_PATH);
  NEED(file >= 0 && reader >= 0 && writer >= 0 && path >= 0 && write(file, "content", 7) == 7);
  show("file", file);
  show("O_PATH", path);
  show_mode("read and write", file);
  show_mode("read", reader);
  show_mode("write", writer);
  NEED(rename("f", "g") == 0);
  show("renamed", file);
  NEED(mkdir("e", 0755) == 0 && rename("g", "e/h") == 0);
  show("moved", file);
  NEED(rename("e", "i") == 0);
  show("directory renamed", file);
  NEED(rename("i/h", "f") == 0 && open("other", O_CREAT | O_WRONLY, 0644) >= 0);
  NEED(rename("other", "f") == 0);
  show("replaced", file);
  NEED(unlink("f") == 0);
  show("removed", file);
  int again = open(of(file), O_RDONLY);
  ssize_t got = read(again, text, sizeof text);
  say("opened again: %.*s\n", (int)got, text);
  show("again", again);
  NEED(fstat(file, &at) == 0 && stat(of(file), &there) == 0);
  IS(at.st_ino == there.st_ino && at.st_dev == there.st_dev);

  int ends[2];
  NEED(pipe(ends) == 0 && fstat(ends[0], &at) == 0);
  snprintf(text, sizeof text, "pipe:[%lu]", (unsigned long)at.st_ino);
  IS(strcmp(target(of(ends[0])), text) == 0);
  IS(strcmp(target(of(ends[1])), text) == 0);
  show("null", open("/dev/null", O_RDONLY));
  show("directory", open(".", O_RDONLY));
  show("proc", open("/proc/self/status", O_RDONLY) >= 0 ? open("/proc/sys/kernel", O_RDONLY) : -1);

  RESULT(readlink(of(100), text, sizeof text));
  RESULT(readlink("/proc/self/fd/x", text, sizeof text));
  RESULT(readlink("/proc/self/fd/00", text, sizeof text));
  RESULT(readlink("/proc/self/fd/-1", text, sizeof text));
  RESULT(readlink("/proc/self/stat", text, sizeof text));
  RESULT(readlink("/proc/self/cwd", text, 3));
  RESULT(readlink("/proc/self/cwd", bad_pointer(), 10));
  say("cwd: %s\n", target("/proc/self/cwd"));
  say("root: %s\n", target("/proc/self/root"));
  NEED(chdir("i") == 0 && rmdir("../i") == 0);
  say("cwd removed: %s\n", target("/proc/self/cwd"));
  RESULT(open("/proc/self/cwd/new", O_CREAT | O_WRONLY, 0644));
  RESULT(stat("/proc/self/root/tmp", &at));
  RESULT(stat("/proc/self/root/../tmp/d", &at));
  RESULT(chdir("/proc/self/root/tmp"));
  say("cwd: %s\n", target("/proc/self/cwd"));
  RESULT(open("/proc/self/fd/0/x", O_RDONLY));
  IS(atoi(target("/proc/self")) == getpid());
  return 0;
}
