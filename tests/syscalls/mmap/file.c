/* mmap of files: private copies, shared and coherent with read and write, ends, permissions. */
#include "check.h"

enum { BOTH = PROT_READ | PROT_WRITE };

int main(void) {
  char bytes[32];
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(file >= 0 && ftruncate(file, 2 * PAGE + 100) == 0);
  NEED(pwrite(file, "first page", 10, 0) == 10);
  NEED(pwrite(file, "second page", 11, PAGE) == 11);
  char *shared = mmap(0, 3 * PAGE, BOTH, MAP_SHARED, file, 0);
  char *own = mmap(0, 3 * PAGE, BOTH, MAP_PRIVATE, file, 0);
  char *second = mmap(0, PAGE, PROT_READ, MAP_SHARED, file, PAGE);
  NEED(shared != MAP_FAILED && own != MAP_FAILED && second != MAP_FAILED);
  say("%.10s|%.11s|%.11s\n", shared, own + PAGE, second);
  memcpy(shared, "FIRST", 5);
  NEED(pread(file, bytes, 10, 0) == 10);
  say("read sees %.10s\n", bytes);
  NEED(pwrite(file, "SECOND", 6, PAGE) == 6);
  say("mappings see %.11s|%.11s\n", shared + PAGE, second);
  memcpy(own, "mine!", 5);
  NEED(pread(file, bytes, 10, 0) == 10);
  say("file %.10s, private %.10s\n", bytes, own);
  NEED(pwrite(file, "new", 3, 6) == 3);
  say("private page stays %.10s\n", own);
  IS(shared[2 * PAGE + 100] == 0 && shared[3 * PAGE - 1] == 0);
  shared[2 * PAGE + 200] = 'z';
  struct stat status;
  fstat(file, &status);
  say("size %ld\n", (long)status.st_size);

  pid_t child = fork();
  if (child == 0) {
    memcpy(shared, "child", 5);
    memcpy(own + PAGE, "child", 5);
    _exit(0);
  }
  reap("child", child);
  say("shared %.10s, private %.11s\n", shared, own + PAGE);
  close(file);
  memcpy(shared + PAGE, "closed", 6);
  file = open("file", O_RDONLY);
  NEED(pread(file, bytes, 11, PAGE) == 11);
  say("after close %.11s\n", bytes);
  RESULT(msync(shared, 3 * PAGE, MS_SYNC));
  NEED(unlink("file") == 0);
  say("after unlink %.10s\n", shared);

  RESULT((long)mmap(0, PAGE, BOTH, MAP_SHARED, file, 0));
  SUCCESS((long)mmap(0, PAGE, BOTH, MAP_PRIVATE, file, 0));
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file, 100));
  int write_only = open("other", O_WRONLY | O_CREAT, 0644), ends[2];
  RESULT((long)mmap(0, PAGE, PROT_WRITE, MAP_SHARED, write_only, 0));
  NEED(pipe(ends) == 0);
  RESULT((long)mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0));
  char *read_only = mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 0);
  NEED(read_only != MAP_FAILED);
  RESULT(mprotect(read_only, PAGE, BOTH));
  return 0;
}
