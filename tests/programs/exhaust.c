/* Takes memory until there is none, in one way for each first argument; prints how that ends.
 * Only for a system that is there for it: it would take a host's memory too. */
#include "../syscalls/check.h"

enum { BOTH = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };
static const size_t area = (size_t)1 << 33;

static char *promise(int flags) {
  char *memory = mmap(0, area, BOTH, flags | MAP_NORESERVE, -1, 0);
  NEED(memory != MAP_FAILED);
  return memory;
}

/* Touches page after page. */
static int grow(void) {
  char *memory = promise(ANONYMOUS);
  for (size_t at = 0; at < area; at += PAGE) memory[at] = 1;
  return 1;
}

/* The same, but the kernel touches them. */
static int grow_by_read(void) {
  char *memory = promise(ANONYMOUS);
  int zero = open("/dev/zero", O_RDONLY);
  for (size_t at = 0; at < area; at += 65536) {
    if (read(zero, memory + at, 65536) != 65536) return 2;
  }
  return 1;
}

static int grow_shared(void) {
  char *memory = promise(MAP_SHARED | MAP_ANONYMOUS);
  for (size_t at = 0; at < area; at += PAGE) memory[at] = 1;
  return 1;
}

/* Reads only: no page of its own, but a table for each two megabytes. */
static int scatter(void) {
  size_t wide = (size_t)1 << 37;
  volatile char *memory = mmap(0, wide, PROT_READ, ANONYMOUS | MAP_NORESERVE, -1, 0);
  NEED(memory != MAP_FAILED);
  int sum = 0;
  for (size_t at = 0; at < wide; at += 2 << 20) sum += memory[at];
  return sum + 1;
}

static int grow_heap(void) {
  while (sbrk(PAGE * 16) != (void *)-1) memset((char *)sbrk(0) - PAGE * 16, 1, PAGE * 16);
  return 3;
}

/* Takes a little, slowly, while a greedy one takes all. */
static void fair(void) {
  Gate begin = new_gate();
  pid_t greedy = fork();
  if (greedy == 0) {
    pass_gate(&begin);
    _exit(grow());
  }
  pid_t modest = fork();
  if (modest == 0) {
    enum { pages = 256 };
    char *memory = promise(ANONYMOUS);
    open_gate(&begin);
    for (int page = 0; page < pages; page++) {
      memory[page * PAGE] = (char)page;
      sched_yield();
    }
    int right = 1;
    for (int page = 0; page < pages; page++) right &= memory[page * PAGE] == (char)page;
    _exit(right ? 0 : 1);
  }
  reap("greedy", greedy);
  reap("modest", modest);
}

/* Who is adjusted is taken first, or not at all. */
static void adjusted(void) {
  Gate begin = new_gate(), done = new_gate();
  pid_t small = fork();
  if (small == 0) {
    memset(promise(ANONYMOUS), 1, 8 << 20);
    int file = open("/proc/self/oom_score_adj", O_WRONLY);
    NEED(file >= 0 && write(file, "1000", 4) == 4);
    open_gate(&begin);
    pause();
    _exit(0);
  }
  pass_gate(&begin);
  pid_t greedy = fork();
  if (greedy == 0) {
    char *memory = promise(ANONYMOUS);
    for (size_t at = 0; at < area; at += PAGE) {
      memory[at] = 1;
      sched_yield();
      if (kill(small, 0) != 0) break;
    }
    _exit(7);
  }
  reap("adjusted", small);
  reap("greedy", greedy);
}

/* A file system in memory fills up: the writer is told, nobody is killed. */
static void files(void) {
  static char block[65536];
  int file = open("big", O_WRONLY | O_CREAT, 0600);
  long written = 0;
  ssize_t count;
  NEED(file >= 0);
  while ((count = write(file, block, sizeof block)) > 0) written += count;
  say("write: %s after more than a megabyte: %d\n", error_name(errno), written > 1 << 20);
  NEED(unlink("big") == 0 && close(file) == 0);
  reap("afterwards", spawn(grow));
}

/* Forks until it is refused, with tables to be copied each time. */
static void forks(void) {
  char *memory = promise(ANONYMOUS);
  for (size_t at = 0; at < (size_t)64 << 21; at += 2 << 20) memory[at] = 1;
  Gate end = new_gate();
  int children = 0;
  pid_t pid;
  while ((pid = fork()) > 0) children++;
  if (pid == 0) {
    char byte;
    close(end.ends[1]);
    _exit(read(end.ends[0], &byte, 1));
  }
  say("fork: %s\n", error_name(errno));
  close(end.ends[1]);
  int ended = 0;
  while (wait(0) > 0) ended++;
  say("all children ended: %s\n", ended == children && children > 10 ? "yes" : "no");
  reap("one more", spawn(grow));
}

int main(int count, char **words) {
  NEED(count == 2);
  const char *what = words[1];
  if (!strcmp(what, "grow")) reap(what, spawn(grow));
  if (!strcmp(what, "read")) reap(what, spawn(grow_by_read));
  if (!strcmp(what, "shared")) reap(what, spawn(grow_shared));
  if (!strcmp(what, "scatter")) reap(what, spawn(scatter));
  if (!strcmp(what, "heap")) reap(what, spawn(grow_heap));
  if (!strcmp(what, "fair")) fair();
  if (!strcmp(what, "adjusted")) adjusted();
  if (!strcmp(what, "files")) files();
  if (!strcmp(what, "forks")) forks();
  say("the rest goes on\n");
  return 0;
}
