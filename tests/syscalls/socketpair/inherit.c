/* Sockets over fork, dup and exec; a stream of file content (sendfile); many sockets at once. */
#include "check.h"
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

static int ends[2];
static char byte;

static int child(void) {
  close(ends[0]);
  int copy = dup(ends[1]);
  close(ends[1]);
  if (read(copy, &byte, 1) != 1) return 1;
  return write(copy, "b", 1) == 1 ? 0 : 2;
}

int main(int count, char **arguments) {
  if (count > 1) {
    int fd = atoi(arguments[1]);
    say("executed: read %ld\n", (long)read(fd, &byte, 1));
    say("close-on-exec: %s\n", fcntl(atoi(arguments[2]), F_GETFD) < 0 ? "closed" : "open");
    return 0;
  }
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t pid = spawn(child);
  RESULT(write(ends[0], "a", 1));
  RESULT(read(ends[0], &byte, 1));
  reap("child", pid);
  RESULT(close(ends[1]));
  RESULT(read(ends[0], &byte, 1));

  static int all[400];
  int made = 0;
  for (; made < 400; made += 2) {
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, all + made) < 0) break;
    NEED(send(all[made], "x", 1, 0) == 1);
  }
  say("made %d\n", made);
  int got = 0;
  for (int at = 0; at < made; at += 2) got += recv(all[at + 1], &byte, 1, MSG_DONTWAIT) == 1;
  say("got %d\n", got);
  for (int at = 0; at < made; at++) close(all[at]);

  char text[32] = "";
  int file = open("content", O_CREAT | O_RDWR, 0666);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && write(file, "file content", 12) == 12);
  off_t from = 5;
  RESULT(sendfile(ends[0], file, &from, 100));
  RESULT(read(ends[1], text, sizeof text));
  say("%s\n", text);

  int line[2];
  NEED(pipe(line) == 0 && write(line[1], "spliced", 7) == 7);
  RESULT(splice(line[0], 0, ends[0], 0, 100, 0));
  memset(text, 0, sizeof text);
  RESULT(splice(ends[1], 0, line[1], 0, 100, 0));
  RESULT(read(line[0], text, sizeof text));
  say("%s\n", text);

  int closing[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, closing) == 0);
  NEED(write(ends[0], "x", 1) == 1);
  char first[16], second[16];
  snprintf(first, sizeof first, "%d", ends[1]);
  snprintf(second, sizeof second, "%d", closing[0]);
  execl("/proc/self/exe", "again", first, second, (char *)0);
  say("exec: %s\n", error_name(errno));
  return 1;
}
