/* O_APPEND by many processes loses nothing; a shared offset after fork advances for all. */
#include "check.h"

int main(void) {
  int file = open("log", O_RDWR | O_CREAT | O_APPEND, 0644);
  NEED(file >= 0);
  pid_t children[5];
  for (int self = 0; self < 5; self++) {
    children[self] = fork();
    if (children[self]) continue;
    int own = open("log", O_WRONLY | O_APPEND);
    char line[32];
    memset(line, 'A' + self, sizeof line);
    line[31] = '\n';
    for (int i = 0; i < 50; i++) NEED(write(i % 2 ? own : file, line, 32) == 32);
    _exit(0);
  }
  for (int self = 0; self < 5; self++) reap("appender", children[self]);
  RESULT(lseek(file, 0, SEEK_END));
  lseek(file, 0, SEEK_SET);
  int counts[5] = {0}, torn = 0;
  char line[32];
  while (read(file, line, 32) == 32) {
    for (int i = 1; i < 31; i++) torn += line[i] != line[0];
    torn += line[31] != '\n';
    counts[line[0] - 'A']++;
  }
  for (int self = 0; self < 5; self++) say("%c %d\n", 'A' + self, counts[self]);
  say("torn %d\n", torn);

  int shared = open("shared", O_RDWR | O_CREAT, 0644);
  pid_t child = fork();
  if (child == 0) {
    NEED(write(shared, "child", 5) == 5);
    _exit(0);
  }
  reap("child", child);
  RESULT(lseek(shared, 0, SEEK_CUR));
  RESULT(write(shared, "parent", 6));
  char bytes[16];
  RESULT(pread(shared, bytes, 16, 0));
  say("%.11s\n", bytes);
  return 0;
}
