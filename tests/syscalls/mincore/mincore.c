/* mincore: a byte per page; refusals. */
#include "check.h"

int main(void) {
  unsigned char vector[8];
  char *memory = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memory[PAGE] = 1;
  memset(vector, 9, sizeof vector);
  RESULT(mincore(memory, 3 * PAGE + 1, vector));
  say("%d %d %d %d, behind %d\n", vector[0], vector[1], vector[2], vector[3], vector[4]);
  NEED(mlock(memory, PAGE) == 0);
  RESULT(mincore(memory, PAGE, vector));
  say("locked %d\n", vector[0]);
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(ftruncate(file, 2 * PAGE) == 0 && pwrite(file, "x", 1, 0) == 1);
  char *mapped = mmap(0, 2 * PAGE, PROT_READ, MAP_SHARED, file, 0);
  RESULT(mincore(mapped, 2 * PAGE, vector));
  say("file: written %d, hole %d\n", vector[0], vector[1]);
  RESULT(mincore(memory, 0, vector));
  RESULT(mincore(memory + 1, PAGE, vector));
  RESULT(mincore(memory, PAGE, bad_pointer()));
  RESULT(mincore(memory, PAGE, 0));
  RESULT(mincore(memory, (size_t)-PAGE, vector));
  NEED(munmap(memory + PAGE, PAGE) == 0);
  RESULT(mincore(memory, 4 * PAGE, vector));
  RESULT(mincore(memory + PAGE, PAGE, vector));
  return 0;
}
