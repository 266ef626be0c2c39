/* fcntl: F_DUPFD with a floor, flags that can and cannot be changed, errors. */
#include "check.h"

int main(void) {
  int file = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  NEED(file >= 0);
  RESULT(fcntl(file, F_GETFD));
  RESULT(fcntl(file, F_DUPFD, 30));
  RESULT(fcntl(30, F_GETFD));
  RESULT(fcntl(file, F_DUPFD, 30));
  RESULT(fcntl(file, F_DUPFD_CLOEXEC, 30));
  RESULT(fcntl(32, F_GETFD));
  RESULT(fcntl(file, F_DUPFD, -1));
  RESULT(fcntl(file, F_DUPFD, 1 << 30));
  RESULT(fcntl(file, F_SETFD, 0));
  RESULT(fcntl(file, F_GETFD));
  IS((fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR);
  RESULT(fcntl(file, F_SETFL, O_WRONLY | O_APPEND | O_NONBLOCK | O_TRUNC));
  IS((fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) ==
     (O_RDWR | O_APPEND | O_NONBLOCK));
  RESULT(fcntl(file, F_SETFL, 0));
  IS((fcntl(file, F_GETFL) & (O_APPEND | O_NONBLOCK)) == 0);
  RESULT(fcntl(file, 9999, 0));
  RESULT(fcntl(77, F_GETFD));
  RESULT(fcntl(-1, F_GETFL));
  return 0;
}
