/* Arrays whose pages are touched in random order, after (with "churn") processes of all sizes that
 * have come and gone, overlapping, and left files behind. Prints where the arrays are and waits, so
 * that one can look at the frames behind them. */
#include "../syscalls/check.h"

static unsigned long seed = 1;

static unsigned long below(unsigned long limit) {
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return (seed >> 33) % limit;
}

static void touch(char *memory, size_t pages, int shuffled) {
  unsigned *order = malloc(pages * sizeof *order);
  NEED(order != 0);
  for (size_t i = 0; i < pages; i++) order[i] = i;
  for (size_t i = pages - 1; shuffled && i > 0; i--) {
    size_t other = below(i + 1);
    unsigned kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
  for (size_t i = 0; i < pages; i++) memory[order[i] * (size_t)PAGE] = 1;
  free(order);
}

static char *array(size_t pages) {
  char *memory = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  return memory;
}

/* A child that takes some memory, writes a file, and waits until it is told to go. */
static void child(int number, int until) {
  char name[32], byte;
  size_t pages = 1 + below(300);
  touch(array(pages), pages, number % 2);
  snprintf(name, sizeof name, "/tmp/left.%d", number);
  int file = open(name, O_CREAT | O_WRONLY, 0600);
  NEED(file >= 0 && write(file, name, sizeof name) == sizeof name);
  NEED(read(until, &byte, 1) == 1);
  _exit(0);
}

static void churn(void) {
  int until[2];
  NEED(pipe(until) == 0);
  for (int number = 0; number < 120; number++) {
    seed = number + 1;
    if (number >= 12) {
      NEED(write(until[1], "", 1) == 1);
      NEED(wait(0) > 0);
    }
    if (fork() == 0) child(number, until[0]);
  }
  for (int number = 0; number < 12; number++) NEED(write(until[1], "", 1) == 1);
  while (wait(0) > 0) continue;
}

int main(int count, char **words) {
  setvbuf(stdout, 0, _IONBF, 0);
  if (count > 1 && strcmp(words[1], "churn") == 0) churn();
  for (size_t pages = 256; pages <= 4096; pages *= 16) {
    char *mapped = array(pages);
    touch(mapped, pages, 1);
    printf("mapped %zu %zu\n", (size_t)mapped / PAGE, pages);
  }
  char *heap = sbrk(0);
  heap += -(size_t)heap % PAGE;
  NEED(brk(heap + 256 * PAGE) == 0);
  touch(heap, 256, 1);
  printf("heap %zu 256\n", (size_t)heap / PAGE);
  char *stepwise = heap + 256 * PAGE;
  for (int i = 1; i <= 256; i++) {
    NEED(brk(stepwise + i * PAGE) == 0);
    stepwise[(i - 1) * PAGE] = 1;
  }
  printf("stepwise %zu 256\n", (size_t)stepwise / PAGE);
  char *shared = mmap(0, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(shared != MAP_FAILED);
  touch(shared, 256, 1);
  printf("shared %zu 256\n", (size_t)shared / PAGE);
  pause();
  return 0;
}
