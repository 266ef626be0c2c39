/* open: O_PATH, O_NOFOLLOW, O_DIRECTORY, O_EXCL, slashes, links, what cannot be opened so. */
#include "check.h"

static int try_open(const char *what, const char *path, int flags) {
  int file = open(path, flags, 0644);
  if (file < 0) say("%s: %s\n", what, error_name(errno));
  else say("%s: opened\n", what);
  return file;
}
#define TRY(path, flags) close(try_open(#path " " #flags, path, flags))

int main(void) {
  char byte = 'x', text[64];
  struct stat status;
  int file = open("f", O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && close(file) == 0 && mkdir("d", 0755) == 0 && mkfifo("fifo", 0644) == 0);
  NEED(symlink("f", "link") == 0 && symlink("d", "dirlink") == 0 && symlink("no", "dangling") == 0);
  NEED(symlink("loop", "loop") == 0 && symlink("new1/", "toslash") == 0);

  TRY("link", O_RDONLY);
  TRY("link", O_RDONLY | O_NOFOLLOW);
  TRY("link", O_PATH | O_NOFOLLOW);
  TRY("dirlink", O_RDONLY | O_NOFOLLOW);
  TRY("dirlink/", O_RDONLY | O_NOFOLLOW);
  TRY("dirlink/.", O_RDONLY | O_NOFOLLOW);
  TRY("dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  TRY("dirlink", O_RDONLY | O_DIRECTORY);
  TRY("dirlink", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  TRY("link", O_RDONLY | O_DIRECTORY);
  TRY("f", O_RDONLY | O_DIRECTORY);
  TRY("fifo", O_RDONLY | O_DIRECTORY);
  TRY("f/", O_RDONLY);
  TRY("d/", O_RDONLY);
  TRY("d", O_WRONLY);
  TRY("d", O_RDWR);
  TRY("d", O_RDONLY | O_TRUNC);
  TRY("d", O_RDONLY | O_CREAT);
  TRY("d/", O_RDONLY | O_CREAT);
  TRY("d/.", O_RDONLY | O_CREAT);
  TRY("d/..", O_RDONLY | O_CREAT);
  TRY(".", O_RDONLY | O_CREAT | O_EXCL);
  TRY("/", O_RDONLY | O_CREAT);
  TRY("f/", O_RDONLY | O_CREAT);
  TRY("new/", O_RDONLY | O_CREAT);
  TRY("toslash", O_RDONLY | O_CREAT);
  TRY("absent/new", O_RDONLY | O_CREAT);
  TRY("f/new", O_RDONLY | O_CREAT);
  TRY("new", O_RDONLY | O_CREAT | O_DIRECTORY);
  TRY("d", O_RDONLY | O_CREAT | O_DIRECTORY);
  TRY("f", O_RDONLY | O_CREAT | O_EXCL);
  TRY("link", O_RDONLY | O_CREAT | O_EXCL);
  TRY("dangling", O_RDONLY);
  TRY("dangling", O_RDONLY | O_CREAT | O_EXCL);
  TRY("dangling", O_RDONLY | O_CREAT | O_NOFOLLOW);
  TRY("dangling", O_RDONLY | O_CREAT);
  RESULT(access("no", F_OK));
  TRY("loop", O_RDONLY);
  TRY("loop", O_RDONLY | O_NOFOLLOW);
  TRY("loop", O_RDONLY | O_CREAT);
  TRY("", O_RDONLY);
  TRY("", O_RDONLY | O_CREAT);
  TRY("f", O_WRONLY | O_RDWR);

  /* What O_PATH gives. */
  file = open("f", O_PATH | O_RDWR | O_CREAT | O_APPEND);
  IS(file >= 0);
  IS((fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND | O_CREAT)) == 0);
  IS((fcntl(file, F_GETFL) & O_PATH) != 0);
  RESULT(read(file, &byte, 1));
  RESULT(write(file, &byte, 1));
  RESULT(ftruncate(file, 0));
  RESULT(fchmod(file, 0600));
  RESULT(fsync(file));
  RESULT(lseek(file, 0, SEEK_SET));
  RESULT(fcntl(file, F_SETFL, O_APPEND));
  RESULT(fstat(file, &status));
  RESULT(close(dup(file)));
  IS(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED && errno == EBADF);
  snprintf(text, sizeof text, "/proc/self/fd/%d", file);
  int again = open(text, O_RDWR);
  RESULT(write(again, &byte, 1));
  int path = open("absent", O_PATH);
  IS(path == -1 && errno == ENOENT);
  path = open("absent", O_PATH | O_CREAT, 0644);
  IS(path == -1 && errno == ENOENT);
  path = open("d", O_PATH);
  RESULT(faccessat(path, "../f", F_OK, 0));
  RESULT(fchdir(path));
  RESULT(access("../f", F_OK));
  RESULT(fchdir(file));
  NEED(chdir("/tmp") == 0);
  path = open("link", O_PATH | O_NOFOLLOW);
  RESULT(fstat(path, &status));
  IS(S_ISLNK(status.st_mode));
  RESULT(fstatat(path, "x", &status, 0));
  snprintf(text, sizeof text, "/proc/self/fd/%d", path);
  RESULT(open(text, O_RDONLY));
  RESULT(open(text, O_PATH | O_NOFOLLOW) >= 0);

  /* A name that goes while the file is open. */
  file = open("f", O_RDWR);
  RESULT(unlink("f"));
  RESULT(pwrite(file, "text", 4, 0));
  RESULT(fstat(file, &status));
  say("links %ld, size %ld\n", (long)status.st_nlink, (long)status.st_size);
  RESULT(open("f", O_RDONLY));
  again = open("f", O_CREAT | O_EXCL | O_RDWR, 0644);
  RESULT(read(again, text, sizeof text));
  RESULT(pread(file, text, sizeof text, 0));
  return 0;
}
