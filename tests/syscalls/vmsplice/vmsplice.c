/* vmsplice: memory into a pipe, and out of one. */
#include "check.h"

int main(void) {
  int ends[2];
  static char bytes[100000], got[32];
  NEED(pipe(ends) == 0);
  memcpy(bytes, "0123456789abcdef", 16);
  struct iovec parts[2] = {{bytes, 4}, {bytes + 10, 6}};
  RESULT(vmsplice(ends[1], parts, 2, 0));
  struct iovec room[2] = {{got, 3}, {got + 3, 10}};
  RESULT(vmsplice(ends[0], room, 2, 0));
  say("%.10s\n", got);
  struct iovec much = {bytes, sizeof bytes};
  RESULT(vmsplice(ends[1], &much, 1, SPLICE_F_NONBLOCK | SPLICE_F_GIFT) > 60000);
  RESULT(vmsplice(ends[1], &much, 1, SPLICE_F_NONBLOCK));
  RESULT(vmsplice(ends[1], parts, 0, 0));
  RESULT(vmsplice(ends[1], parts, 1025, 0));
  RESULT(vmsplice(ends[1], parts, 2, 0x100));
  RESULT(vmsplice(99, parts, 2, 0));
  RESULT(vmsplice(open("file", O_RDWR | O_CREAT, 0600), parts, 2, 0));
  RESULT(vmsplice(ends[1], bad_pointer(), 1, 0));
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(10);
    _exit(read(ends[0], bytes, sizeof bytes) <= 0);
  }
  struct iovec some = {"more", 4};
  RESULT(vmsplice(ends[1], &some, 1, 0));
  reap("reader", child);
  handle(SIGPIPE, SIG_IGN, 0);
  close(ends[0]);
  RESULT(vmsplice(ends[1], parts, 2, 0));
  return 0;
}
