/* getdents64 by readdir and directly: every name once, types, positions, small buffers, errors. */
#include "check.h"
#include <dirent.h>

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const char *path, int show) {
  char *names[300];
  int count = 0;
  DIR *folder = opendir(path);
  NEED(folder);
  for (struct dirent *entry; (entry = readdir(folder)) && count < 300;) {
    char text[300];
    const char *type = entry->d_type == DT_DIR   ? "directory"
                       : entry->d_type == DT_REG ? "file"
                       : entry->d_type == DT_LNK ? "link"
                                                 : "?";
    snprintf(text, sizeof text, "%s (%s)", entry->d_name, type);
    names[count++] = strdup(text);
  }
  closedir(folder);
  qsort(names, (size_t)count, sizeof *names, compare);
  for (int i = 0; show && i < count; i++) say("%s\n", names[i]);
  int doubled = 0;
  for (int i = 1; i < count; i++) doubled += !strcmp(names[i - 1], names[i]);
  say("%d names, %d doubled\n", count, doubled);
  return count;
}

int main(void) {
  char name[40], bytes[2000];
  NEED(mkdir("folder", 0755) == 0 && mkdir("folder/inner", 0755) == 0);
  NEED(symlink("nothing", "folder/link") == 0);
  int file = open("folder/file", O_CREAT | O_RDWR, 0644);
  list("folder", 1);
  NEED(mkdir("many", 0755) == 0);
  for (int i = 0; i < 200; i++) {
    snprintf(name, sizeof name, "many/name-%d", i);
    close(open(name, O_CREAT | O_RDWR, 0644));
  }
  list("many", 0);

  /* Removing what was read loses nothing of the rest. */
  DIR *folder = opendir("many");
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(name, sizeof name, "many/%.30s", entry->d_name);
    removed += unlink(name) == 0;
  }
  say("removed %d\n", removed);
  rewinddir(folder);
  int left = 0;
  while (readdir(folder)) left++;
  say("left %d\n", left);
  closedir(folder);
  RESULT(rmdir("many"));

  int raw = open("folder", O_RDONLY | O_DIRECTORY);
  IS(syscall(SYS_getdents64, raw, bytes, sizeof bytes) > 0);
  RESULT(syscall(SYS_getdents64, raw, bytes, sizeof bytes));
  RESULT(lseek(raw, 0, SEEK_SET));
  RESULT(syscall(SYS_getdents64, raw, bytes, 10));
  RESULT(syscall(SYS_getdents64, raw, bad_pointer(), sizeof bytes));
  int total = 0;
  long length;
  lseek(raw, 0, SEEK_SET);
  while ((length = syscall(SYS_getdents64, raw, bytes, 50)) > 0)
    for (long i = 0; i < length; i += ((struct dirent64 *)(bytes + i))->d_reclen) total++;
  say("in small pieces %d\n", total);
  RESULT(syscall(SYS_getdents64, file, bytes, sizeof bytes));
  RESULT(syscall(SYS_getdents64, -1, bytes, sizeof bytes));
  return 0;
}
