/* umask: given back, applied to files and directories, not to chmod. */
#include "check.h"

static void show(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  say("%s %o\n", path, (unsigned)status.st_mode);
}

int main(void) {
  umask(022);
  say("%o\n", (unsigned)umask(07777));
  say("%o\n", (unsigned)umask(027));
  close(open("file", O_CREAT | O_WRONLY, 0777));
  show("file");
  mkdir("folder", 0777);
  show("folder");
  NEED(chmod("file", 0666) == 0);
  show("file");
  umask(0);
  close(open("open", O_CREAT | O_WRONLY, 07666));
  show("open");
  mkdir("sticky", 01777);
  show("sticky");
  umask(0777);
  int file = open("closed", O_CREAT | O_RDWR, 0666);
  show("closed");
  RESULT(write(file, "works", 5));
  RESULT(fchmod(file, 0640));
  show("closed");
  return 0;
}
