/* openat: creation, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, lowest descriptor, errors. */
#include "check.h"

int main(void) {
  umask(022);
  RESULT(open("absent", O_RDONLY));
  int file = open("file", O_RDWR | O_CREAT | O_EXCL, 0666);
  IS(file >= 3);
  RESULT(open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
  struct stat status;
  NEED(fstat(file, &status) == 0);
  say("mode %o size %ld\n", (unsigned)status.st_mode, (long)status.st_size);
  NEED(write(file, "12345", 5) == 5);
  int again = open("file", O_WRONLY | O_TRUNC);
  IS(again == file + 1);
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(close(file));
  RESULT(close(file));
  IS(open("file", O_RDONLY) == file);
  RESULT(open(".", O_WRONLY));
  RESULT(open(".", O_RDWR | O_CREAT, 0600));
  RESULT(open("file", O_RDONLY | O_DIRECTORY));
  RESULT(open("file/x", O_RDONLY));
  RESULT(open("", O_RDONLY));
  NEED(symlink("file", "link") == 0 && symlink("loop", "loop") == 0);
  NEED(symlink("made", "dangling") == 0);
  RESULT(open("link", O_RDONLY | O_NOFOLLOW));
  RESULT(open("loop", O_RDONLY));
  RESULT(open("dangling", O_RDONLY));
  RESULT(open("dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
  SUCCESS(open("dangling", O_RDONLY | O_CREAT, 0600));
  RESULT(access("made", F_OK));
  RESULT(open(bad_pointer(), O_RDONLY));
  char longest[5000];
  memset(longest, 'a', sizeof longest);
  longest[4999] = 0;
  RESULT(open(longest, O_RDONLY));
  longest[256] = 0;
  RESULT(open(longest, O_RDONLY));
  RESULT(openat(-100, "absent", O_RDONLY));
  RESULT(openat(999, "file", O_RDONLY));
  RESULT(openat(file, "file", O_RDONLY));
  NEED(mkdir("folder", 0755) == 0);
  int folder = open("folder", O_RDONLY | O_DIRECTORY);
  SUCCESS(openat(folder, "inside", O_WRONLY | O_CREAT, 0600));
  RESULT(access("folder/inside", F_OK));
  struct rlimit limit = {20, 20};
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  int last, opened = -1;
  while ((last = open("file", O_RDONLY)) >= 0) opened = last;
  say("last descriptor %d, then %s\n", opened, error_name(errno));
  return 0;
}
