/* open_by_handle_at with a descriptor of no file system, or of another one than the file's.
 * no oracle: only the real root of a Linux may open by handles. */
#include "check.h"
#include <sys/mount.h>

int main(void) {
  union {
    struct file_handle head;
    char room[64];
  } handle;
  int ends[2], mount_number;
  memset(&handle, 0, sizeof handle);
  handle.head.handle_bytes = 12;
  NEED(pipe(ends) == 0);
  close(open("file", O_CREAT | O_RDWR, 0644));
  NEED(name_to_handle_at(AT_FDCWD, "file", &handle.head, &mount_number, 0) == 0);
  IS(open_by_handle_at(ends[0], &handle.head, O_RDONLY) < 0);
  NEED(mkdir("one", 0755) == 0 && mount("none", "one", "tmpfs", 0, 0) == 0);
  for (int i = 0; i < 20; i++) {
    char name[16];
    snprintf(name, sizeof name, "one/%d", i);
    close(open(name, O_CREAT | O_RDWR, 0644));
  }
  NEED(name_to_handle_at(AT_FDCWD, "one/19", &handle.head, &mount_number, 0) == 0);
  int here = open(".", O_RDONLY), there = open("one", O_RDONLY);
  RESULT(open_by_handle_at(here, &handle.head, O_RDONLY));
  IS(open_by_handle_at(there, &handle.head, O_RDONLY) >= 0);
  return 0;
}
