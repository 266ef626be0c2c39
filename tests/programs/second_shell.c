/* A shell on a pseudo-terminal, as script(1) has it: commands are typed, its screen goes to
 * standard output, its status is the program's. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int master;
static char screen[65536];
static size_t shown;

/* Until the text has come up, behind what came before. */
static void await(const char *text) {
  static size_t from;
  for (;;) {
    char *found = strstr(screen + from, text);
    if (found) {
      from = (size_t)(found - screen) + strlen(text);
      return;
    }
    ssize_t count = read(master, screen + shown, sizeof screen - 1 - shown);
    if (count <= 0) _exit(90);
    shown += (size_t)count;
    screen[shown] = 0;
  }
}

static void type(const char *text) {
  if (write(master, text, strlen(text)) < 0) _exit(91);
}

int main(void) {
  struct winsize window = {.ws_row = 30, .ws_col = 90};
  pid_t child = forkpty(&master, 0, 0, &window);
  if (child < 0) return 92;
  if (child == 0) {
    execl("/bin/sh", "sh", "-i", (char *)0);
    _exit(93);
  }
  await("# ");
  type("tty; stty size\r");
  await("/dev/pts/0\r\n30 90\r\n");
  await("# ");
  type("sleep 1000\r");
  await("sleep 1000\r\n");
  struct timespec moment = {0, 100000000};
  nanosleep(&moment, 0);
  type("\032");
  await("Stopped");
  await("# ");
  type("fg\r");
  await("sleep 1000\r\n");
  nanosleep(&moment, 0);
  type("\003");
  await("# ");
  type("ps -o tty,args | grep '136,0.*sh -i'; exit 4\r");
  await("sh -i\r\n");
  for (;;) {
    ssize_t count = read(master, screen + shown, sizeof screen - 1 - shown);
    if (count < 0 && errno == EIO) break;
    if (count <= 0) return 94;
    shown += (size_t)count;
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 95;
  printf("%.*s", (int)shown, screen);
  return WEXITSTATUS(status);
}
