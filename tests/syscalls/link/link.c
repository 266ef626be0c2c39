/* link, symlink, readlink, rename, unlink: results and errors. */
#include "check.h"

static void put(const char *path, const char *text) {
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  NEED(file >= 0 && write(file, text, strlen(text)) == (long)strlen(text) && close(file) == 0);
}

static void show(const char *path) {
  char text[32];
  int file = open(path, O_RDONLY);
  long length = file < 0 ? -1 : read(file, text, sizeof text);
  struct stat status;
  if (file >= 0) NEED(fstat(file, &status) == 0);
  if (length < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: %.*s, links %ld\n", path, (int)length, text, (long)status.st_nlink);
  if (file >= 0) close(file);
}

int main(void) {
  char text[300];
  put("one", "1");
  put("two", "2");
  RESULT(mkdir("folder", 0755));
  RESULT(link("one", "uno"));
  show("uno");
  RESULT(link("one", "two"));
  RESULT(link("absent", "x"));
  RESULT(link("folder", "x"));
  RESULT(unlink("one"));
  show("uno");
  RESULT(unlink("one"));
  RESULT(unlink("folder"));
  RESULT(symlink("two", "soft"));
  show("soft");
  RESULT(readlink("soft", text, sizeof text));
  RESULT(readlink("soft", text, 2));
  RESULT(readlink("soft", text, 0));
  RESULT(readlink("two", text, sizeof text));
  RESULT(readlink("soft", bad_pointer(), 10));
  RESULT(symlink("x", "soft"));
  RESULT(symlink("", "y"));
  RESULT(symlink("../two", "folder/up"));
  show("folder/up");
  RESULT(rename("two", "deux"));
  show("soft");
  show("deux");
  RESULT(rename("deux", "uno"));
  show("uno");
  RESULT(rename("absent", "x"));
  RESULT(rename("uno", "folder"));
  RESULT(rename("folder", "uno"));
  RESULT(rename("folder", "folder/inside"));
  RESULT(mkdir("other", 0755));
  RESULT(rename("other", "folder"));
  RESULT(rename("folder", "other"));
  RESULT(access("other/up", F_OK));
  put("two", "again");
  RESULT(access("other/up", F_OK));
  RESULT(rename("soft", "hard"));
  RESULT(readlink("hard", text, sizeof text));
  RESULT(link("two", "same"));
  RESULT(rename("two", "same"));
  show("two");
  RESULT(rename(".", "x"));
  RESULT(rename("other", "other"));
  /* A file without a name lives until its last descriptor. */
  int file = open("two", O_RDWR);
  RESULT(unlink("two"));
  RESULT(unlink("same"));
  RESULT(pread(file, text, 10, 0));
  struct stat status;
  NEED(fstat(file, &status) == 0);
  say("links %ld\n", (long)status.st_nlink);
  RESULT(linkat(AT_FDCWD, "hard", AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW));
  RESULT(linkat(AT_FDCWD, "hard", AT_FDCWD, "hard3", 0));
  RESULT(unlinkat(AT_FDCWD, "other", AT_REMOVEDIR));
  RESULT(unlinkat(AT_FDCWD, "other/up", 0));
  RESULT(unlinkat(AT_FDCWD, "other", AT_REMOVEDIR));
  RESULT(unlinkat(AT_FDCWD, "other", 0x4));
  return 0;
}
