/* mremap: growing in place and by a move, shrinking, MREMAP_FIXED, splitting, refusals.
 * qemu differs: version 7.2 answers ENOMEM to bad lengths, and moves nothing of length zero. */
#include "check.h"

enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS, BOTH = PROT_READ | PROT_WRITE };

static const char *touch(void *address) {
  pid_t child = fork();
  if (child == 0) {
    *(volatile char *)address = 1;
    _exit(0);
  }
  int status;
  NEED(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? "mapped" : signal_name(WTERMSIG(status));
}

/* A place with nothing around it. */
static char *room(int pages) {
  char *place = mmap(0, (pages + 2) * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
  NEED(place != MAP_FAILED && munmap(place, (pages + 2) * PAGE) == 0);
  return place + PAGE;
}

static char *make(char *place, int pages) {
  char *memory = mmap(place, pages * PAGE, BOTH, ANONYMOUS | MAP_FIXED, -1, 0);
  NEED(memory == place);
  for (int page = 0; page < pages; page++) memory[page * PAGE] = 'a' + page;
  return memory;
}

int main(void) {
  char *memory = make(room(16), 4);
  IS(mremap(memory, 4 * PAGE, 8 * PAGE, 0) == memory);
  say("%c %c, new %d\n", memory[0], memory[3 * PAGE], memory[7 * PAGE]);
  IS(mremap(memory, 8 * PAGE, 2 * PAGE, 0) == memory);
  say("kept %s, gone %s\n", touch(memory + PAGE), touch(memory + 2 * PAGE));
  make(memory + 3 * PAGE, 1);
  RESULT((long)mremap(memory, 2 * PAGE, 4 * PAGE, 0));
  char *moved = mremap(memory, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
  IS(moved != MAP_FAILED && moved != memory);
  say("moved %c %c, new %d, old %s\n", moved[0], moved[PAGE], moved[3 * PAGE], touch(memory));
  IS(mremap(moved, 4 * PAGE, 4 * PAGE, 0) == moved);
  IS(mremap(moved, 4 * PAGE - 5, 3 * PAGE + 1, 0) == moved);

  char *target = make(room(8), 8);
  char *fixed = mremap(moved, 4 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + 2 * PAGE);
  IS(fixed == target + 2 * PAGE);
  say("%c%c|%c%c|%c, old %s\n", target[0], target[PAGE], target[2 * PAGE], target[3 * PAGE],
      target[4 * PAGE], touch(moved + 3 * PAGE));
  /* Out of the middle: the mapping falls into three. */
  char *middle = mremap(target + 5 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room(1));
  say("middle %c, hole %s, behind %c\n", middle[0], touch(target + 5 * PAGE), target[6 * PAGE]);
  char *grown = mremap(target + 6 * PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
  say("grown out of the middle %c %d, behind %c\n", grown[0], grown[2 * PAGE], target[7 * PAGE]);

  RESULT((long)mremap(target + 1, PAGE, PAGE, 0));
  RESULT((long)mremap(target, PAGE, 0, MREMAP_MAYMOVE));
  RESULT((long)mremap(target, PAGE, PAGE, 16));
  RESULT((long)mremap(target, PAGE, PAGE, MREMAP_FIXED, room(1)));
  RESULT((long)mremap(target, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + 1));
  RESULT((long)mremap(target, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE));
  RESULT((long)mremap(room(1), PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  RESULT((long)mremap(target + 4 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
  RESULT((long)mremap(target, 0, PAGE, MREMAP_MAYMOVE));
  RESULT((long)mremap(target, PAGE, (size_t)-PAGE, MREMAP_MAYMOVE));
  RESULT((long)mremap(target, PAGE, (size_t)1 << 56, MREMAP_MAYMOVE));

  /* Shared memory: old length zero makes a second view. */
  char *shared = mmap(0, 2 * PAGE, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared[0] = 's', shared[PAGE] = 't';
  char *view = mremap(shared, 0, 2 * PAGE, MREMAP_MAYMOVE);
  IS(view != MAP_FAILED && view != shared);
  view[0] = 'v';
  say("%c %c\n", shared[0], view[PAGE]);
  char *bigger = mremap(view, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
  say("bigger %c, behind the end %s\n", bigger[0], touch(bigger + 3 * PAGE));
  int file = open("file", O_RDWR | O_CREAT, 0600);
  NEED(ftruncate(file, 8 * PAGE) == 0);
  char *mapped = mmap(0, PAGE, BOTH, MAP_SHARED, file, PAGE);
  mapped = mremap(mapped, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
  NEED(mapped != MAP_FAILED && pwrite(file, "third", 5, 3 * PAGE) == 5);
  say("file, third page %.5s\n", mapped + 2 * PAGE);
  return 0;
}
