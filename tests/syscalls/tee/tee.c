/* tee copies what is in one pipe to another and takes nothing away. */
#include "check.h"

static void show(const char *what, int fd) {
  char bytes[64];
  ssize_t count = read(fd, bytes, sizeof bytes);
  say("%s: %ld %.*s\n", what, (long)count, count > 0 ? (int)count : 0, bytes);
}

int main(void) {
  int first[2], second[2];
  NEED(pipe(first) == 0 && pipe(second) == 0);
  NEED(write(first[1], "some words", 10) == 10);
  RESULT(tee(first[0], second[1], 4, 0));
  RESULT(tee(first[0], second[1], 100, 0));
  show("second", second[0]);
  show("first", first[0]);
  RESULT(tee(first[0], second[1], 100, SPLICE_F_NONBLOCK));
  RESULT(tee(first[0], second[1], 0, 0));
  RESULT(tee(first[0], first[1], 10, 0));
  RESULT(tee(first[0], second[1], 10, 0x100));
  RESULT(tee(first[1], second[1], 10, 0));
  RESULT(tee(first[0], second[0], 10, 0));
  RESULT(tee(99, second[1], 10, 0));
  RESULT(tee(first[0], 99, 10, 0));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  RESULT(tee(file, second[1], 10, 0));
  RESULT(tee(first[0], file, 10, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(10);
    _exit(write(first[1], "late", 4) != 4);
  }
  RESULT(tee(first[0], second[1], 100, 0));
  reap("writer", child);
  show("second", second[0]);
  show("first", first[0]);
  close(first[1]);
  RESULT(tee(first[0], second[1], 100, 0));
  return 0;
}
