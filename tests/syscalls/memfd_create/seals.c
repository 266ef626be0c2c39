/* F_ADD_SEALS and F_GET_SEALS: what each seal forbids, and when a seal is refused. */
#include "check.h"
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 32
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#endif

enum { BOTH = PROT_READ | PROT_WRITE };

static int make(int flags) {
  int file = memfd_create("sealed", flags);
  NEED(file >= 0 && ftruncate(file, 2 * PAGE) == 0 && pwrite(file, "content", 7, 0) == 7);
  return file;
}

static void *map(int file, int protection, int how) {
  return mmap(0, PAGE, protection, how, file, 0);
}

int main(void) {
  int file = make(0);
  RESULT(fcntl(file, F_GET_SEALS));
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
  file = make(MFD_ALLOW_SEALING);
  RESULT(fcntl(file, F_GET_SEALS));
  RESULT(fcntl(file, F_ADD_SEALS, 64));
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
  RESULT(ftruncate(file, PAGE));
  RESULT(ftruncate(file, 3 * PAGE));
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
  RESULT(ftruncate(file, 4 * PAGE));
  RESULT(ftruncate(file, 3 * PAGE));
  RESULT(pwrite(file, "x", 1, 3 * PAGE - 1));
  RESULT(pwrite(file, "x", 1, 3 * PAGE));
  RESULT(posix_fallocate(file, 0, 4 * PAGE));
  RESULT(fallocate(file, 0, 0, PAGE));
  RESULT(fcntl(file, F_GET_SEALS));

  char *shared = map(file, BOTH, MAP_SHARED);
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  shared[1] = 'O';
  RESULT(pwrite(file, "x", 1, 0));
  RESULT((long)map(file, BOTH, MAP_SHARED));
  SUCCESS((long)map(file, BOTH, MAP_PRIVATE));
  char *reading = map(file, PROT_READ, MAP_SHARED);
  RESULT(mprotect(reading, PAGE, BOTH));
  say("%.7s\n", reading);
  NEED(munmap(shared, PAGE) == 0 && munmap(reading, PAGE) == 0);
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
  RESULT(pwrite(file, "x", 1, 0));
  RESULT(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
  RESULT((long)map(file, BOTH, MAP_SHARED));
  char bytes[8] = "";
  RESULT(pread(file, bytes, 7, 0));
  say("%s\n", bytes);
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_SEAL));
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
  RESULT(fcntl(file, F_GET_SEALS));

  file = make(MFD_ALLOW_SEALING);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  int reader = open(path, O_RDONLY);
  RESULT(fcntl(reader, F_GET_SEALS));
  RESULT(fcntl(reader, F_ADD_SEALS, F_SEAL_GROW));
  char *own = map(file, BOTH, MAP_PRIVATE);
  own[0] = 'p';
  char *only = map(reader, PROT_READ, MAP_SHARED);
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
  say("%.7s %.7s\n", own, only);
  RESULT(fcntl(open("/dev/null", O_RDWR), F_GET_SEALS));
  int ends[2];
  NEED(pipe(ends) == 0);
  RESULT(fcntl(ends[1], F_ADD_SEALS, F_SEAL_GROW));
  RESULT(fcntl(99, F_GET_SEALS));
  return 0;
}
