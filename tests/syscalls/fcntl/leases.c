/* F_SETLEASE: who may hold a lease, and how it ends when others open the file. */
#include "check.h"

static volatile int breaks;
static void note(int number) { breaks++; }

static int opener(void) {
  int fd = open("file", O_WRONLY);
  return fd >= 0 ? 7 : 1;
}

static int truncator(void) { return truncate("file", 0) == 0 ? 7 : 1; }

static void wait_for_break(void) {
  while (!breaks) sleep_ms(1);
  breaks = 0;
}

int main(void) {
  NEED(mknod("file", S_IFREG | 0644, 0) == 0);
  handle(SIGIO, note, 0);
  int reader = open("file", O_RDONLY);
  RESULT(fcntl(reader, F_GETLEASE) == F_UNLCK);
  RESULT(fcntl(reader, F_SETLEASE, F_UNLCK));
  RESULT(fcntl(reader, F_SETLEASE, 9));
  RESULT(fcntl(open(".", O_RDONLY), F_SETLEASE, F_RDLCK));
  RESULT(fcntl(reader, F_SETLEASE, F_RDLCK));
  RESULT(fcntl(reader, F_GETLEASE) == F_RDLCK);
  RESULT(close(open("file", O_RDONLY)));
  RESULT(open("file", O_WRONLY | O_NONBLOCK));
  say("breaks %d\n", breaks);
  RESULT(fcntl(reader, F_GETLEASE) == F_UNLCK);
  RESULT(fcntl(reader, F_SETLEASE, F_UNLCK));
  int writer = open("file", O_RDWR);
  NEED(writer >= 0);
  RESULT(fcntl(reader, F_SETLEASE, F_RDLCK));
  RESULT(fcntl(writer, F_SETLEASE, F_RDLCK));
  RESULT(fcntl(writer, F_SETLEASE, F_WRLCK));
  close(reader);
  RESULT(fcntl(writer, F_SETLEASE, F_WRLCK));
  RESULT(fcntl(writer, F_GETLEASE) == F_WRLCK);
  breaks = 0;
  RESULT(open("file", O_RDONLY | O_NONBLOCK));
  RESULT(fcntl(writer, F_GETLEASE) == F_RDLCK);
  RESULT(fcntl(writer, F_SETLEASE, F_UNLCK));
  breaks = 0;
  RESULT(fcntl(writer, F_SETLEASE, F_WRLCK));
  pid_t child = spawn(opener);
  wait_for_break();
  RESULT(fcntl(writer, F_SETLEASE, F_UNLCK));
  reap("opener", child);
  RESULT(fcntl(writer, F_SETLEASE, F_WRLCK));
  child = spawn(truncator);
  wait_for_break();
  RESULT(fcntl(writer, F_SETLEASE, F_UNLCK));
  reap("truncator", child);
  child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    RESULT(fcntl(open("file", O_RDONLY), F_SETLEASE, F_RDLCK));
    _exit(0);
  }
  reap("child", child);
  return 0;
}
