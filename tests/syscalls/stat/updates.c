/* Which call sets which of a file's times (POSIX, "File Times Update"). */
#include "check.h"

/* Times are set to the past; what is no longer there was set by the call. */
static void reset(const char *path) {
  struct timespec old[2] = {{1000, 0}, {2000, 0}};
  NEED(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW) == 0);
  sleep_ms(12);
}

static struct timespec change;

static void begin(const char *path) {
  struct stat about;
  reset(path);
  NEED(lstat(path, &about) == 0);
  change = about.st_ctim;
}

static void show(const char *what, const char *path) {
  struct stat about;
  NEED(lstat(path, &about) == 0);
  int changed = change.tv_sec != about.st_ctim.tv_sec || change.tv_nsec != about.st_ctim.tv_nsec;
  say("%s:%s%s%s\n", what, about.st_atim.tv_sec != 1000 ? " access" : "",
      about.st_mtim.tv_sec != 2000 ? " modify" : "", changed ? " change" : "");
}

#define TRY(path, ...)          \
  do {                          \
    begin(path);                \
    NEED((__VA_ARGS__) >= 0);   \
    show(#__VA_ARGS__, path);   \
  } while (0)

int main(void) {
  char bytes[4096];
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(mkdir("folder", 0755) == 0 && symlink("file", "link") == 0);
  int folder = open("folder", O_RDONLY);
  TRY("file", write(fd, "hello", 5));
  TRY("file", write(fd, "", 0));
  TRY("file", pread(fd, bytes, 5, 0));
  TRY("file", pread(fd, bytes, 5, 100));
  TRY("file", pread(fd, bytes, 0, 0));
  TRY("file", ftruncate(fd, 5));
  TRY("file", ftruncate(fd, 3));
  TRY("file", truncate("file", 3));
  TRY("file", close(open("file", O_RDONLY)));
  TRY("file", close(open("file", O_WRONLY | O_TRUNC)));
  TRY("file", close(open("file", O_WRONLY | O_TRUNC)));
  TRY("file", chmod("file", 0600));
  TRY("file", chown("file", 0, 0));
  TRY("file", link("file", "second"));
  TRY("file", rename("second", "third"));
  TRY("file", unlink("third"));
  TRY("file", fallocate(fd, 0, 0, 100));
  TRY("link", readlink("link", bytes, sizeof bytes));
  TRY("link", open("link", O_RDONLY));
  TRY("folder", close(open("folder/new", O_CREAT | O_WRONLY, 0600)));
  TRY("folder", close(open("folder/new", O_CREAT | O_WRONLY, 0600)));
  TRY("folder", syscall(SYS_getdents64, folder, bytes, sizeof bytes));
  TRY("folder", mkdir("folder/sub", 0700));
  TRY("folder", rename("folder/new", "folder/old"));
  TRY("folder", symlink("x", "folder/link"));
  TRY("folder", unlink("folder/link"));
  TRY("folder", rmdir("folder/sub"));
  TRY("folder", access("folder/old", F_OK));
  NEED(mkfifo("fifo", 0600) == 0);
  int fifo = open("fifo", O_RDWR);
  TRY("fifo", write(fifo, "x", 1));
  TRY("fifo", read(fifo, bytes, 1));
  int quiet = open("file", O_RDONLY | O_NOATIME);
  NEED(write(fd, "hello", 5) == 5);
  TRY("file", pread(quiet, bytes, 5, 0));
  NEED(fcntl(quiet, F_SETFL, 0) == 0);
  TRY("file", pread(quiet, bytes, 5, 0));
  /* relatime: a second read leaves the time alone. */
  struct timespec newer[2] = {{3000, 0}, {2000, 0}};
  NEED(utimensat(AT_FDCWD, "file", newer, 0) == 0);
  struct stat about;
  NEED(pread(fd, bytes, 5, 0) == 5 && stat("file", &about) == 0);
  IS(about.st_atim.tv_sec != 3000);
  return 0;
}
