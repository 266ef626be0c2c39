/* open_by_handle_at with a descriptor of no file system in place of the mount's.
 * needs a pid namespace: it asks for files by number.
 * qemu differs: it passes handles on to its host. */
#include "check.h"

int main(void) {
  union {
    struct file_handle head;
    char room[64];
  } handle;
  int ends[2], mount;
  memset(&handle, 0, sizeof handle);
  handle.head.handle_bytes = 12;
  NEED(pipe(ends) == 0);
  close(open("file", O_CREAT | O_RDWR, 0644));
  NEED(name_to_handle_at(AT_FDCWD, "file", &handle.head, &mount, 0) == 0);
  IS(open_by_handle_at(ends[0], &handle.head, O_RDONLY) < 0);
  return 0;
}
