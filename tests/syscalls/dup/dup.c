/* dup, dup2, dup3: lowest number, shared offset and flags, close-on-exec not shared. */
#include "check.h"

int main(void) {
  char bytes[4];
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && write(file, "abcdefgh", 8) == 8);
  int copy = dup(file);
  IS(copy == file + 1);
  RESULT(lseek(copy, 2, SEEK_SET));
  RESULT(read(file, bytes, 2));
  say("%.2s\n", bytes);
  RESULT(lseek(copy, 0, SEEK_CUR));
  int other = open("file", O_RDONLY);
  RESULT(lseek(other, 0, SEEK_CUR));
  RESULT(fcntl(copy, F_SETFL, O_APPEND));
  IS((fcntl(file, F_GETFL) & O_APPEND) != 0);
  RESULT(fcntl(copy, F_SETFD, FD_CLOEXEC));
  RESULT(fcntl(file, F_GETFD));
  RESULT(dup2(file, 50));
  RESULT(dup2(file, 50));
  RESULT(dup2(50, 50));
  RESULT(fcntl(50, F_GETFD));
  RESULT(dup2(60, 60));
  RESULT(dup2(60, 61));
  RESULT(dup2(-1, 61));
  RESULT(dup2(file, -1));
  RESULT(dup2(file, 1 << 30));
  RESULT(dup3(file, 51, O_CLOEXEC));
  RESULT(fcntl(51, F_GETFD));
  RESULT(dup3(file, file, 0));
  RESULT(dup3(file, 52, O_APPEND));
  RESULT(dup(-1));
  RESULT(close(file));
  RESULT(read(50, bytes, 2));
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(dup2(50, ends[1]));
  RESULT(read(ends[0], bytes, 1));
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 60;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  RESULT(dup2(50, 60));
  RESULT(dup2(50, 59));
  return 0;
}
