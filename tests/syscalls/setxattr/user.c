/* Extended attributes of users: set, get, list, remove, and their refusals. */
#include "check.h"
#include <sys/xattr.h>

static char bytes[70000], list[70000];

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Linux gives the names in no certain order. */
static void show_list(const char *what, ssize_t length) {
  char *names[16];
  int count = 0;
  for (ssize_t at = 0; at < length && count < 16; at += strlen(list + at) + 1) {
    if (strncmp(list + at, "user.", 5) == 0 || strncmp(list + at, "trusted.", 8) == 0) {
      names[count++] = list + at;
    }
  }
  qsort(names, count, sizeof *names, compare);
  say("%s:", what);
  for (int i = 0; i < count; i++) say(" %s", names[i]);
  say("\n");
}

static void test_values(int fd) {
  RESULT(setxattr("file", "user.one", "first", 5, 0));
  RESULT(setxattr("file", "user.one", "1st", 3, XATTR_CREATE));
  RESULT(setxattr("file", "user.two", "second", 6, XATTR_REPLACE));
  RESULT(setxattr("file", "user.two", "second", 6, XATTR_CREATE));
  RESULT(setxattr("file", "user.one", "1st", 3, XATTR_REPLACE));
  RESULT(fsetxattr(fd, "user.empty", 0, 0, 0));
  RESULT(getxattr("file", "user.one", bytes, sizeof bytes));
  say("%.3s\n", bytes);
  RESULT(lgetxattr("file", "user.one", bytes, 3));
  RESULT(fgetxattr(fd, "user.two", bytes, 0));
  RESULT(fgetxattr(fd, "user.two", 0, 0));
  RESULT(fgetxattr(fd, "user.two", bytes, 5));
  RESULT(fgetxattr(fd, "user.empty", bytes, 5));
  show_list("list", listxattr("file", list, sizeof list));
  show_list("link", listxattr("link", list, sizeof list));
  IS(llistxattr("link", list, sizeof list) <= 20);
  IS(flistxattr(fd, 0, 0) >= 29);
  RESULT(flistxattr(fd, list, 5));
  RESULT(removexattr("file", "user.one"));
  RESULT(removexattr("file", "user.one"));
  RESULT(lremovexattr("file", "user.two"));
  RESULT(fremovexattr(fd, "user.empty"));
  RESULT(getxattr("file", "user.one", bytes, sizeof bytes));
  RESULT(setxattr("folder", "user.one", "x", 1, 0));
  RESULT(getxattr("folder", "user.one", bytes, sizeof bytes));
  RESULT(setxattr("link", "user.through", "x", 1, 0));
  RESULT(getxattr("file", "user.through", bytes, sizeof bytes));
}

static void test_names(int fd) {
  char name[300] = "user.";
  memset(name + 5, 'n', 250);
  RESULT(setxattr("file", name, "x", 1, 0));
  name[255] = 'n';
  RESULT(setxattr("file", name, "x", 1, 0));
  RESULT(getxattr("file", name, bytes, 1));
  RESULT(removexattr("file", name));
  RESULT(setxattr("file", "", "x", 1, 0));
  RESULT(getxattr("file", "", bytes, 1));
  RESULT(setxattr("file", "user.", "x", 1, 0));
  RESULT(setxattr("file", "nothing.known", "x", 1, 0));
  RESULT(getxattr("file", "nothing.known", bytes, 1));
  RESULT(removexattr("file", "nothing.known"));
  RESULT(setxattr("file", "user.x", "x", 1, 4));
  RESULT(setxattr("file", "user.big", bytes, 65536, 0));
  RESULT(getxattr("file", "user.big", list, 65536));
  RESULT(setxattr("file", "user.big", bytes, 65537, 0));
  RESULT(getxattr("file", "user.big", list, 70000));
}

static void test_refusals(int fd) {
  RESULT(lsetxattr("link", "user.x", "x", 1, 0));
  RESULT(lgetxattr("link", "user.x", bytes, 1));
  RESULT(lremovexattr("link", "user.x"));
  NEED(mkfifo("fifo", 0600) == 0);
  RESULT(setxattr("fifo", "user.x", "x", 1, 0));
  RESULT(getxattr("fifo", "user.x", bytes, 1));
  RESULT(setxattr("missing", "user.x", "x", 1, 0));
  RESULT(getxattr("missing", "user.x", bytes, 1));
  RESULT(listxattr("missing", list, 1));
  RESULT(removexattr("missing", "user.x"));
  RESULT(fsetxattr(99, "user.x", "x", 1, 0));
  RESULT(fgetxattr(99, "user.x", bytes, 1));
  RESULT(flistxattr(99, list, 1));
  RESULT(fremovexattr(99, "user.x"));
  int path = open("file", O_PATH);
  RESULT(fsetxattr(path, "user.x", "x", 1, 0));
  RESULT(fgetxattr(path, "user.x", bytes, 1));
  RESULT(setxattr(bad_pointer(), "user.x", "x", 1, 0));
  RESULT(setxattr("file", bad_pointer(), "x", 1, 0));
  RESULT(setxattr("file", "user.x", bad_pointer(), 1, 0));
  RESULT(getxattr(bad_pointer(), "user.big", bytes, 1));
  RESULT(getxattr("file", bad_pointer(), bytes, 1));
  RESULT(getxattr("file", "user.big", bad_pointer(), 65536));
  RESULT(listxattr(bad_pointer(), list, 1));
  RESULT(listxattr("file", bad_pointer(), 1000));
  RESULT(removexattr(bad_pointer(), "user.x"));
  RESULT(removexattr("file", bad_pointer()));
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(fd >= 0 && symlink("file", "link") == 0 && mkdir("folder", 0755) == 0);
  test_values(fd);
  test_names(fd);
  test_refusals(fd);
  return 0;
}
