/* Waits until the console's output is with the host: tcdrain, and tcsetattr that drains. */
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

int main(void) {
  struct termios settings;
  int console = open("/dev/console", O_RDWR | O_NOCTTY);
  ssize_t written = write(console, "to the console\n", 15);
  int drained = tcdrain(console);
  int got = tcgetattr(console, &settings);
  int set = tcsetattr(console, TCSADRAIN, &settings);
  printf("%zd bytes, drained %d, settings %d %d\n", written, drained, got, set);
  return 0;
}
