/* fallocate: space, holes, sizes, and what it refuses. */
#include "check.h"

static void show_size(int fd) {
  struct stat about;
  NEED(fstat(fd, &about) == 0);
  say("size %ld blocks %ld\n", (long)about.st_size, (long)about.st_blocks);
}

static void show_bytes(int fd) {
  static char bytes[4 * PAGE];
  ssize_t length = pread(fd, bytes, sizeof bytes, 0);
  int kept = 0;
  for (ssize_t i = 0; i < length; i++) kept += bytes[i] == 'x';
  say("%ld bytes, %d of them x\n", (long)length, kept);
}

static void test_space(void) {
  int fd = open("space", O_RDWR | O_CREAT | O_TRUNC, 0600);
  RESULT(fallocate(fd, 0, 0, 100));
  show_size(fd);
  RESULT(fallocate(fd, 0, 5000, 10000));
  show_size(fd);
  RESULT(fallocate(fd, 0, 0, 100));
  show_size(fd);
  RESULT(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 10 * PAGE));
  show_size(fd);
  RESULT(ftruncate(fd, 1));
  show_size(fd);
  RESULT(lseek(fd, 0, SEEK_CUR));
  close(fd);
}

static void test_hole(void) {
  static char bytes[4 * PAGE];
  int fd = open("hole", O_RDWR | O_CREAT | O_TRUNC, 0600);
  memset(bytes, 'x', sizeof bytes);
  NEED(write(fd, bytes, sizeof bytes) == sizeof bytes);
  show_size(fd);
  char *map = mmap(0, sizeof bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(map != MAP_FAILED);
  RESULT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE - 10, PAGE + 20));
  show_size(fd);
  show_bytes(fd);
  IS(map[PAGE - 11] == 'x' && map[PAGE - 10] == 0 && map[PAGE] == 0);
  IS(map[2 * PAGE + 9] == 0 && map[2 * PAGE + 10] == 'x');
  RESULT(lseek(fd, 0, SEEK_HOLE));
  RESULT(lseek(fd, PAGE, SEEK_DATA));
  RESULT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * PAGE, 100 * PAGE));
  show_size(fd);
  map[3 * PAGE] = 'x';
  show_bytes(fd);
  show_size(fd);
  close(fd);
}

static void test_refusals(void) {
  int fd = open("refused", O_RDWR | O_CREAT | O_TRUNC, 0600);
  int reader = open("refused", O_RDONLY);
  int path = open("refused", O_PATH);
  int folder = open(".", O_RDONLY);
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(fallocate(fd, 0, -1, 10));
  RESULT(fallocate(fd, 0, 0, 0));
  RESULT(fallocate(fd, 0, 0, -1));
  RESULT(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
  RESULT(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE));
  RESULT(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
  RESULT(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
  RESULT(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
  RESULT(fallocate(fd, 0x4000, 0, PAGE));
  RESULT(fallocate(fd, 0, 0x7fffffffffffffff, 0x7fffffffffffffff));
  RESULT(fallocate(reader, 0, 0, 10));
  RESULT(fallocate(path, 0, 0, 10));
  RESULT(fallocate(folder, 0, 0, 10));
  RESULT(fallocate(ends[1], 0, 0, 10));
  RESULT(fallocate(ends[0], 0, 0, 10));
  RESULT(fallocate(open("/dev/null", O_RDWR), 0, 0, 10));
  RESULT(fallocate(99, 0, 0, 10));
  show_size(fd);
}

int main(void) {
  test_space();
  test_hole();
  test_refusals();
  return 0;
}
