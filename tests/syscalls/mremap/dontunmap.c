/* MREMAP_DONTUNMAP: the old range stays mapped, empty; refusals. */
#include "check.h"
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

int main(void) {
  char *memory =
      mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = 'a', memory[PAGE] = 'b';
  char *moved = mremap(memory, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  IS(moved != MAP_FAILED && moved != memory);
  say("moved %c%c, old %d %d\n", moved[0], moved[PAGE], memory[0], memory[PAGE]);
  memory[0] = 'n';
  say("moved %c, old %c\n", moved[0], memory[0]);
  char *shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared[0] = 's';
  char *other = mremap(shared, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  IS(other != MAP_FAILED && other[0] == 's' && shared[0] == 's');
  RESULT((long)mremap(memory, 2 * PAGE, 2 * PAGE, MREMAP_DONTUNMAP, 0));
  RESULT((long)mremap(memory, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  RESULT((long)mremap(memory, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
  return 0;
}
