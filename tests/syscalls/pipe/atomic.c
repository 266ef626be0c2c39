/* Writes of at most PIPE_BUF bytes by many writers are never interleaved (POSIX write). */
#include "check.h"
#include <limits.h>

enum { WRITERS = 6, RECORDS = 60, LENGTH = 3000 };

static void writer(int out, int self) {
  char record[LENGTH];
  memset(record, 'a' + self, sizeof record);
  for (int i = 0; i < RECORDS; i++) {
    record[0] = (char)i;
    NEED(write(out, record, sizeof record) == sizeof record);
  }
  _exit(0);
}

int main(void) {
  int ends[2], next[WRITERS] = {0};
  say("PIPE_BUF %d\n", PIPE_BUF);
  NEED(pipe(ends) == 0);
  pid_t children[WRITERS];
  for (int self = 0; self < WRITERS; self++) {
    children[self] = fork();
    if (children[self] == 0) writer(ends[1], self);
  }
  close(ends[1]);
  int torn = 0, disordered = 0, records = 0;
  char record[LENGTH];
  for (;;) {
    unsigned have = 0;
    long count = 0;
    while (have < sizeof record && (count = read(ends[0], record + have, sizeof record - have)) > 0)
      have += (unsigned)count;
    if (have == 0) break;
    NEED(have == sizeof record);
    records++;
    int self = record[1] - 'a';
    NEED(self >= 0 && self < WRITERS);
    for (int i = 2; i < LENGTH; i++) torn += record[i] != record[1];
    disordered += record[0] != next[self]++;
  }
  say("records %d, torn %d, out of order %d\n", records, torn, disordered);
  for (int self = 0; self < WRITERS; self++) reap("writer", children[self]);
  return 0;
}
