/* F_SEAL_EXEC and MFD_NOEXEC_SEAL: the execute bits of a file in memory stay as they are. */
#include "check.h"
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 32
#endif

int main(void) {
  int file = memfd_create("plain", 8);
  struct stat status;
  NEED(file >= 0 && fstat(file, &status) == 0);
  say("mode %o\n", status.st_mode);
  RESULT(fcntl(file, F_GET_SEALS));
  RESULT(fchmod(file, 0755));
  RESULT(fchmod(file, 0600));
  RESULT(write(file, "x", 1));
  file = memfd_create("program", MFD_ALLOW_SEALING | 16);
  NEED(file >= 0 && fstat(file, &status) == 0);
  say("mode %o\n", status.st_mode);
  RESULT(fcntl(file, F_ADD_SEALS, F_SEAL_EXEC));
  RESULT(fcntl(file, F_GET_SEALS));
  RESULT(fchmod(file, 0644));
  RESULT(fchmod(file, 0711));
  RESULT(write(file, "x", 1));
  return 0;
}
