/* File handles: a name to a handle, a handle to an open file again. */
#include "check.h"

static struct {
  struct file_handle head;
  char more[128];
} known, again;

int main(void) {
  int mount, other, here = open(".", O_RDONLY);
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(write(fd, "hello", 5) == 5 && symlink("file", "link") == 0);
  known.head.handle_bytes = 0;
  RESULT(name_to_handle_at(AT_FDCWD, "file", &known.head, &mount, 0));
  IS(known.head.handle_bytes > 0);
  RESULT(name_to_handle_at(AT_FDCWD, "file", &known.head, &mount, 0));
  again.head.handle_bytes = 128;
  RESULT(name_to_handle_at(fd, "", &again.head, &other, AT_EMPTY_PATH));
  IS(again.head.handle_bytes == known.head.handle_bytes && mount == other);
  IS(memcmp(again.head.f_handle, known.head.f_handle, known.head.handle_bytes) == 0);
  again.head.handle_bytes = 128;
  RESULT(name_to_handle_at(AT_FDCWD, "link", &again.head, &other, AT_SYMLINK_FOLLOW));
  IS(memcmp(again.head.f_handle, known.head.f_handle, known.head.handle_bytes) == 0);
  again.head.handle_bytes = 128;
  RESULT(name_to_handle_at(AT_FDCWD, "link", &again.head, &other, 0));
  IS(memcmp(again.head.f_handle, known.head.f_handle, known.head.handle_bytes) != 0);
  again.head.handle_bytes = 129;
  RESULT(name_to_handle_at(AT_FDCWD, "file", &again.head, &other, 0));
  again.head.handle_bytes = 128;
  RESULT(name_to_handle_at(AT_FDCWD, "missing", &again.head, &other, 0));
  RESULT(name_to_handle_at(AT_FDCWD, "", &again.head, &other, 0));
  RESULT(name_to_handle_at(99, "file", &again.head, &other, 0));
  RESULT(name_to_handle_at(AT_FDCWD, "file", &again.head, &other, 0x8000));
  RESULT(name_to_handle_at(AT_FDCWD, bad_pointer(), &again.head, &other, 0));
  RESULT(name_to_handle_at(AT_FDCWD, "file", bad_pointer(), &other, 0));
  again.head.handle_bytes = 0;
  RESULT(open_by_handle_at(here, &again.head, O_RDONLY));
  again.head.handle_bytes = 129;
  RESULT(open_by_handle_at(here, &again.head, O_RDONLY));
  RESULT(open_by_handle_at(here, bad_pointer(), O_RDONLY));
  return 0;
}
