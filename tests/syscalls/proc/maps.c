/* /proc/self/maps and smaps: regions of files with their names, what happens to removed ones, texts
 * longer than one transfer, reading in small pieces.
 * qemu differs: it makes up a text of its own, and has none of smaps. */
#include "check.h"
#include <sys/prctl.h>

static char text[1 << 20];
static size_t length;

static void load(const char *name, size_t piece) {
  char path[60];
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  length = 0;
  for (ssize_t got = 1; got > 0; length += (size_t)got) {
    got = read(fd, text + length, piece);
    NEED(got >= 0);
  }
  text[length] = 0;
  close(fd);
}

/* The line of the region that begins at the address, without the address, device and inode. */
static void show(const char *what, void *address) {
  char start[40], permissions[8], offset[24];
  snprintf(start, sizeof start, "%08lx-", (unsigned long)address);
  char *at = text;
  while (at && strncmp(at, start, strlen(start))) at = (at = strchr(at, '\n')) ? at + 1 : 0;
  if (!at) {
    say("%s: no line\n", what);
    return;
  }
  unsigned long first, end, inode, major, minor;
  int name = 0;
  NEED(sscanf(at, "%lx-%lx %7s %23s %lx:%lx %lu %n", &first, &end, permissions, offset, &major,
              &minor, &inode, &name) >= 7);
  char *stop = strchr(at, '\n');
  say("%s: %lu pages %s %s%s name %.*s\n", what, (end - first) / PAGE, permissions, offset,
      inode ? " inode" : "", (int)(stop > at + name ? stop - at - name : 0), at + name);
}

static int lines(void) {
  int count = 0;
  for (size_t i = 0; i < length; i++) count += text[i] == '\n';
  return count;
}

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(fd >= 0 && ftruncate(fd, 10 * PAGE) == 0);
  char *private = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 2 * PAGE);
  char *shared = mmap(0, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  char *none = mmap(0, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *both = mmap(0, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(private != MAP_FAILED && shared != MAP_FAILED && none != MAP_FAILED && both != MAP_FAILED);
  load("maps", sizeof text);
  show("private", private);
  show("shared", shared);
  show("shared anonymous", both);
  IS(strstr(text, "[stack]\n") != 0);
  IS(strstr(text, "[heap]\n") != 0 || sbrk(0) != 0);
  IS(strstr(text, "[vdso]\n") != 0);
  struct stat at;
  NEED(fstat(fd, &at) == 0);
  char inode[40];
  snprintf(inode, sizeof inode, " %lu  ", (unsigned long)at.st_ino);
  IS(strstr(text, inode) != 0);
  NEED(mprotect(private + PAGE, PAGE, PROT_READ) == 0);
  load("maps", sizeof text);
  show("before", private);
  show("protected", private + PAGE);
  show("behind", private + 2 * PAGE);
  NEED(rename("file", "other name") == 0);
  load("maps", sizeof text);
  show("renamed", shared);
  close(fd);
  NEED(unlink("other name") == 0);
  load("maps", sizeof text);
  show("removed", shared);
  NEED(munmap(shared, 2 * PAGE) == 0);
  load("maps", sizeof text);
  show("unmapped", shared);

  load("smaps", sizeof text);
  private[0] = 1, private[2 * PAGE] = 1;
  load("smaps", sizeof text);
  char start[40];
  snprintf(start, sizeof start, "%08lx-", (unsigned long)private);
  char *region = strstr(text, start);
  NEED(region);
  for (const char **name = (const char *[]){"Size:", "Rss:", "Private_Dirty:", "Anonymous:", 0};
       *name; name++) {
    char *line = strstr(region, *name);
    say("%.*s\n", line ? (int)strcspn(line, "\n") : 7, line ? line : "no line");
  }

  load("smaps_rollup", sizeof text);
  IS(strstr(text, " [rollup]\n") && strstr(text, "\nRss: ") && strstr(text, "\nPrivate_Dirty: "));

  int memory = memfd_create("memory file", 0);
  NEED(memory >= 0 && ftruncate(memory, 2 * PAGE) == 0);
  both = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  int unnamed = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  NEED(unnamed >= 0 && ftruncate(unnamed, PAGE) == 0);
  char *other = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, unnamed, 0);
  load("maps", sizeof text);
  show("memfd", both);
  IS(strstr(text, " /tmp/#") != 0);

  char *many = mmap(0, 2000 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(many != MAP_FAILED);
  for (int i = 0; i < 2000; i += 2) NEED(mprotect(many + i * PAGE, PAGE, PROT_NONE) == 0);
  load("maps", sizeof text);
  int all = lines();
  IS(length > 65536 && all >= 2000);
  size_t whole = length;
  load("maps", 1000);
  IS(length == whole && lines() == all);
  int again = open("/proc/self/maps", O_RDONLY);
  RESULT(pread(again, text, 20, 0));
  RESULT(lseek(again, 0, SEEK_SET));
  RESULT(read(again, text, 20));
  RESULT(read(again, bad_pointer(), 20));
  RESULT(write(again, text, 20));
  return 0;
}
