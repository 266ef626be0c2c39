/* sendmmsg(2) and recvmmsg(2): counts, lengths, MSG_WAITFORONE, timeouts, refusals; vectors.
 * qemu differs: it does not know of the timeout. */
#include "check.h"
#include <sys/socket.h>

static struct mmsghdr messages[8];
static struct iovec vectors[8][2];
static char texts[8][16];

static void prepare(int count) {
  memset(messages, 0, sizeof messages);
  for (int at = 0; at < count; at++) {
    snprintf(texts[at], sizeof texts[at], "text %d%.*s", at, at, "........");
    vectors[at][0].iov_base = texts[at];
    vectors[at][0].iov_len = 3;
    vectors[at][1].iov_base = texts[at] + 3;
    vectors[at][1].iov_len = strlen(texts[at]) - 3;
    messages[at].msg_hdr.msg_iov = vectors[at];
    messages[at].msg_hdr.msg_iovlen = 2;
  }
}

static void room(int count) {
  memset(messages, 0, sizeof messages);
  memset(texts, 0, sizeof texts);
  for (int at = 0; at < count; at++) {
    vectors[at][0].iov_base = texts[at];
    vectors[at][0].iov_len = 2;
    vectors[at][1].iov_base = texts[at] + 2;
    vectors[at][1].iov_len = 7;
    messages[at].msg_hdr.msg_iov = vectors[at];
    messages[at].msg_hdr.msg_iovlen = 2;
  }
}

static void show(int count) {
  for (int at = 0; at < count; at++) {
    say("%u \"%s\" flags %x\n", messages[at].msg_len, texts[at], messages[at].msg_hdr.msg_flags);
  }
}

static int ends[2];

static int late(void) {
  sleep_ms(20);
  return send(ends[1], "late", 4, 0) == 4 ? 0 : 1;
}

static void on_alarm(int number) {}

int main(void) {
  struct timespec time = {0, 10000000};
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  prepare(5);
  RESULT(sendmmsg(ends[1], messages, 5, 0));
  for (int at = 0; at < 5; at++) say("%u ", messages[at].msg_len);
  say("\n");
  room(3);
  RESULT(recvmmsg(ends[0], messages, 3, 0, 0));
  show(3);
  room(5);
  RESULT(recvmmsg(ends[0], messages, 5, MSG_DONTWAIT, 0));
  show(2);
  RESULT(recvmmsg(ends[0], messages, 5, MSG_DONTWAIT, 0));
  RESULT(recvmmsg(ends[0], messages, 0, 0, 0));
  RESULT(sendmmsg(ends[0], messages, 0, 0));
  pid_t pid = spawn(late);
  RESULT(recvmmsg(ends[0], messages, 5, MSG_WAITFORONE, 0));
  reap("late", pid);
  pid = spawn(late);
  RESULT(recvmmsg(ends[0], messages, 5, 0, &time));
  IS(time.tv_sec == 0 && time.tv_nsec == 0);
  reap("late", pid);
  pid = spawn(late);
  time.tv_sec = 100;
  RESULT(recvmmsg(ends[0], messages, 1, 0, &time));
  IS(time.tv_sec == 99);
  reap("late", pid);
  handle(SIGALRM, on_alarm, 0);
  RESULT(send(ends[1], "one", 3, 0));
  alarm_every_ms(20);
  RESULT(recvmmsg(ends[0], messages, 5, 0, 0));
  alarm_every_ms(0);

  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  prepare(3);
  vectors[1][0].iov_base = bad_pointer();
  RESULT(sendmmsg(ends[1], messages, 3, 0));
  vectors[0][0].iov_base = bad_pointer();
  RESULT(sendmmsg(ends[1], messages, 3, 0));
  RESULT(sendmmsg(ends[1], bad_pointer(), 3, 0));
  RESULT(sendmmsg(-1, messages, 3, 0));
  RESULT(recv(ends[0], texts, sizeof texts, 0));
  RESULT(recvmmsg(ends[0], bad_pointer(), 3, MSG_DONTWAIT, 0));
  RESULT(recvmmsg(ends[0], messages, 3, MSG_DONTWAIT, bad_pointer()));
  time.tv_nsec = 1000000000;
  RESULT(recvmmsg(ends[0], messages, 3, MSG_DONTWAIT, &time));
  RESULT(recvmmsg(-1, messages, 3, 0, 0));

  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  prepare(2);
  RESULT(sendmsg(ends[1], &messages[0].msg_hdr, 0));
  RESULT(writev(ends[1], vectors[1], 2));
  room(2);
  RESULT(recvmsg(ends[0], &messages[0].msg_hdr, 0));
  say("%s\n", texts[0]);
  RESULT(readv(ends[0], vectors[1], 2));
  say("%s\n", texts[1]);
  return 0;
}
