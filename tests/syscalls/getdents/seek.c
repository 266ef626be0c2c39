/* telldir and seekdir while names come and go. */
#include "check.h"
#include <dirent.h>

static int count(DIR *folder) {
  int names = 0;
  struct dirent *entry;
  while ((entry = readdir(folder))) names += entry->d_name[0] != '.';
  return names;
}

int main(void) {
  char name[32];
  NEED(mkdir("folder", 0755) == 0);
  for (int i = 0; i < 600; i++) {
    snprintf(name, sizeof name, "folder/n%03d", i);
    NEED(mknod(name, S_IFREG | 0600, 0) == 0);
  }
  DIR *folder = opendir("folder");
  char first[300] = "", again[300] = "";
  for (int i = 0; i < 100; i++) readdir(folder);
  long position = telldir(folder);
  strcpy(first, readdir(folder)->d_name);
  for (int i = 0; i < 200; i++) readdir(folder);
  seekdir(folder, position);
  strcpy(again, readdir(folder)->d_name);
  IS(strcmp(first, again) == 0);
  rewinddir(folder);
  say("names %d\n", count(folder));
  rewinddir(folder);
  int removed = 0;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (entry->d_name[0] == '.') continue;
    snprintf(name, sizeof name, "folder/%.20s", entry->d_name);
    NEED(unlink(name) == 0);
    removed++;
  }
  say("removed %d\n", removed);
  rewinddir(folder);
  say("names %d\n", count(folder));
  NEED(mknod("folder/late", S_IFREG | 0600, 0) == 0);
  rewinddir(folder);
  say("names %d\n", count(folder));
  NEED(unlink("folder/late") == 0 && rmdir("folder") == 0);
  rewinddir(folder);
  RESULT(syscall(SYS_getdents64, dirfd(folder), name, sizeof name));
  RESULT(syscall(SYS_getdents64, open(".", O_RDONLY), name, 1));
  RESULT(syscall(SYS_getdents64, open(".", O_RDONLY), bad_pointer(), 1000));
  RESULT(syscall(SYS_getdents64, 99, name, 30));
  RESULT(syscall(SYS_getdents64, open("/dev/null", O_RDONLY), name, 30));
  return 0;
}
