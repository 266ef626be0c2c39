/* Mounts at files that are reached through an open descriptor (/proc/self/fd): what
 * counts is the file, under the name it was opened by; a name that is gone has no place for one. */
#include "check.h"
#include <sys/mount.h>

static char path[64];

static const char *by_descriptor(int file) {
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  return path;
}

static int lines_with(const char *text) {
  char line[1024];
  int found = 0;
  FILE *list = fopen("/proc/self/mounts", "r");
  while (list && fgets(line, sizeof line, list)) found += strstr(line, text) != 0;
  if (list) fclose(list);
  return found;
}

static void show(const char *name) {
  char text[32] = {0};
  int file = open(name, O_RDONLY);
  if (file >= 0) read(file, text, sizeof text - 1), close(file);
  say("%s has %s\n", name, file >= 0 ? text : error_name(errno));
}

static int put(const char *name) {
  int file = open(name, O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && write(file, name, strlen(name)) == (ssize_t)strlen(name));
  return file;
}

int main(void) {
  NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
  int held = put("d/held"), gone = put("d/e/gone"), linked = put("d/e/linked");
  close(put("source"));

  say("-- a file that is open\n");
  RESULT(mount("source", by_descriptor(held), 0, MS_BIND, 0));
  show("d/held");
  IS(lines_with("/d/held ") == 1);
  RESULT(unlink("d/held"));
  RESULT(umount2("d/held", 0));
  show("d/held");

  held = put("d/held");
  RESULT(mount(by_descriptor(held), "source", 0, MS_BIND, 0));
  show("source");
  RESULT(umount2("source", 0));

  say("-- a file without a name, in a folder that is gone\n");
  NEED(unlink("d/e/gone") == 0);
  RESULT(mount("source", by_descriptor(gone), 0, MS_BIND, 0));
  NEED(link("d/e/linked", "other") == 0 && unlink("d/e/linked") == 0 && rmdir("d/e") == 0);
  ssize_t length = readlink(by_descriptor(gone), path, sizeof path - 1);
  IS(length > 10 && memcmp(path + length - 10, " (deleted)", 10) == 0);
  RESULT(mount(by_descriptor(linked), "source", 0, MS_BIND, 0));
  show("source");
  IS(lines_with("/source ") == 1);
  RESULT(umount2("source", 0));
  show("source");

  close(linked);
  return 0;
}
