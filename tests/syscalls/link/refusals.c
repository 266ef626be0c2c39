/* link, linkat, symlink, readlink: refusals, link counts, descriptors as names. */
#include "check.h"

static void put(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY, 0666);
  NEED(file >= 0 && close(file) == 0);
}

static void links(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: type %o, links %ld\n", path, status.st_mode & S_IFMT, (long)status.st_nlink);
}

static int as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(link("wide/own", "closed/x"));
  RESULT(link("wide/own", "closed/there"));
  RESULT(link("dark/f", "wide/x"));
  RESULT(link("wide/own", "dark/x"));
  RESULT(link("wide/own", "wide/second"));
  links("wide/own");
  RESULT(link("wide", "wide/second"));
  RESULT(link("wide", "wide/third"));
  RESULT(symlink("x", "closed/x"));
  RESULT(symlink("x", "closed/there"));
  RESULT(symlink("x", "dark/x"));
  RESULT(readlink("dark/link", (char[10]){0}, 10));
  return 0;
}

int main(void) {
  char name[300], text[300];
  memset(name, 'n', sizeof name);
  name[256] = 0;
  umask(0);
  put("f");
  put("g");
  NEED(mkdir("d", 0755) == 0 && symlink("f", "soft") == 0 && symlink("nowhere", "dangling") == 0);
  NEED(symlink("loop", "loop") == 0 && mkfifo("fifo", 0644) == 0);
  RESULT(link("f", "f2"));
  links("f");
  RESULT(link("f", "g"));
  RESULT(link("f", "f"));
  RESULT(link("f", "d"));
  RESULT(link("d", "x"));
  RESULT(link("d", "g"));
  RESULT(link("absent", "x"));
  RESULT(link("absent", "g"));
  RESULT(link("f", "absent/x"));
  RESULT(link("f/x", "y"));
  RESULT(link("f", "g/x"));
  RESULT(link("f", "x/"));
  RESULT(link("f", "g/"));
  RESULT(link("f", "d/"));
  RESULT(link("f/", "x"));
  RESULT(link("f", ""));
  RESULT(link("", "x"));
  RESULT(link("f", "."));
  RESULT(link("f", "dangling"));
  RESULT(link("f", "loop/x"));
  RESULT(link("loop/x", "y"));
  RESULT(link(name, "x"));
  RESULT(link("f", name));
  RESULT(link(bad_pointer(), "x"));
  RESULT(link("f", bad_pointer()));
  RESULT(link("fifo", "fifo2"));
  links("fifo");
  RESULT(link("soft", "soft2"));
  links("soft2");
  links("f");
  RESULT(linkat(AT_FDCWD, "soft", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
  links("hard");
  links("f");
  RESULT(linkat(AT_FDCWD, "dangling", AT_FDCWD, "x", AT_SYMLINK_FOLLOW));
  RESULT(linkat(AT_FDCWD, "dangling", AT_FDCWD, "dangling2", 0));
  RESULT(linkat(AT_FDCWD, "f", AT_FDCWD, "x", 0x100));
  RESULT(linkat(99, "f", AT_FDCWD, "x", 0));
  RESULT(linkat(AT_FDCWD, "f", 99, "x", 0));

  /* By descriptor. */
  int file = open("f", O_RDONLY), path = open("g", O_PATH), directory = open("d", O_RDONLY);
  RESULT(linkat(file, "", AT_FDCWD, "byfile", AT_EMPTY_PATH));
  links("byfile");
  RESULT(linkat(path, "", AT_FDCWD, "bypath", AT_EMPTY_PATH));
  links("bypath");
  RESULT(linkat(file, "", AT_FDCWD, "x", 0));
  RESULT(linkat(directory, "", AT_FDCWD, "x", AT_EMPTY_PATH));
  RESULT(linkat(99, "", AT_FDCWD, "x", AT_EMPTY_PATH));
  snprintf(text, sizeof text, "/proc/self/fd/%d", file);
  RESULT(linkat(AT_FDCWD, text, AT_FDCWD, "byproc", AT_SYMLINK_FOLLOW));
  links("byproc");
  RESULT(linkat(AT_FDCWD, text, AT_FDCWD, "x", 0));
  int pipes[2];
  NEED(pipe(pipes) == 0);
  RESULT(linkat(pipes[0], "", AT_FDCWD, "x", AT_EMPTY_PATH));
  put("gone");
  int gone = open("gone", O_RDONLY);
  NEED(unlink("gone") == 0);
  RESULT(linkat(gone, "", AT_FDCWD, "x", AT_EMPTY_PATH));

  /* Symbolic links. */
  RESULT(symlink("x", "f"));
  RESULT(symlink("x", "d"));
  RESULT(symlink("x", "dangling"));
  RESULT(symlink("x", "y/"));
  RESULT(symlink("x", "absent/y"));
  RESULT(symlink("x", "f/y"));
  RESULT(symlink("", "y"));
  RESULT(symlink("x", ""));
  RESULT(symlink("x", "."));
  RESULT(symlink("x", name));
  RESULT(symlink(bad_pointer(), "y"));
  RESULT(symlink("x", bad_pointer()));
  RESULT(symlinkat("x", 99, "y"));
  RESULT(readlink("f", text, sizeof text));
  RESULT(readlink("d", text, sizeof text));
  RESULT(readlink("absent", text, sizeof text));
  RESULT(readlink("soft/", text, sizeof text));
  RESULT(readlink("", text, sizeof text));
  RESULT(readlink("f/x", text, sizeof text));
  RESULT(readlink(name, text, sizeof text));
  RESULT(readlink(bad_pointer(), text, sizeof text));
  RESULT(readlink("soft", bad_pointer(), 10));
  RESULT(readlink("soft", text, 0));
  int link_itself = open("soft", O_PATH | O_NOFOLLOW);
  RESULT(readlinkat(link_itself, "", text, sizeof text));
  RESULT(readlinkat(file, "", text, sizeof text));
  RESULT(readlinkat(99, "", text, sizeof text));

  NEED(mkdir("closed", 0755) == 0 && mkdir("dark", 0766) == 0 && mkdir("wide", 0777) == 0);
  put("closed/there");
  put("dark/f");
  NEED(symlink("x", "dark/link") == 0);
  put("wide/own");
  NEED(chown("wide/own", 1000, 1000) == 0);
  reap("uid 1000", spawn(as_user));
  return 0;
}
