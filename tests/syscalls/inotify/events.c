/* inotify: which event comes for what, with which name, and what is refused. */
#include "check.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int notifier, folder, file;
static char bytes[4096] __attribute__((aligned(8)));

static const char *event_name(unsigned mask) {
  static const struct {
    unsigned bit;
    const char *name;
  } names[] = {{IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"},
               {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
               {IN_OPEN, "OPEN"}, {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},
               {IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"},
               {IN_MOVE_SELF, "MOVE_SELF"}, {IN_IGNORED, "IGNORED"}, {IN_Q_OVERFLOW, "OVERFLOW"}};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    if (mask & names[i].bit) return names[i].name;
  }
  return "?";
}

static void show(const char *what) {
  say("%s:", what);
  unsigned cookie = 0;
  for (;;) {
    ssize_t length = read(notifier, bytes, sizeof bytes);
    if (length < 0) break;
    for (ssize_t at = 0; at < length;) {
      struct inotify_event *event = (struct inotify_event *)(bytes + at);
      say(" %s%s", event_name(event->mask), event->mask & IN_ISDIR ? "|DIR" : "");
      say("(%s", event->wd == folder ? "folder" : event->wd == file ? "file" : "other");
      if (event->len) say(" %s %u", event->name, event->len);
      if (event->cookie) say(" %s", event->cookie == cookie ? "same" : "cookie");
      cookie = event->cookie;
      say(")");
      at += sizeof *event + event->len;
    }
  }
  say("\n");
}

#define TRY(...)              \
  do {                        \
    NEED((__VA_ARGS__) >= 0); \
    show(#__VA_ARGS__);       \
  } while (0)

static void test_events(void) {
  int fd;
  NEED(mkdir("folder", 0755) == 0 && mkdir("other", 0755) == 0);
  NEED(mknod("folder/file", S_IFREG | 0644, 0) == 0);
  folder = inotify_add_watch(notifier, "folder", IN_ALL_EVENTS);
  file = inotify_add_watch(notifier, "folder/file", IN_ALL_EVENTS);
  NEED(folder > 0 && file > 0);
  TRY(fd = open("folder/file", O_RDWR));
  TRY(write(fd, "hello", 5));
  TRY(pread(fd, bytes, 5, 0));
  TRY(pread(fd, bytes, 5, 100));
  TRY(ftruncate(fd, 3));
  TRY(fchmod(fd, 0600));
  TRY(fchown(fd, 0, 0));
  TRY(futimens(fd, 0));
  TRY(close(fd));
  TRY(close(open("folder/file", O_RDONLY)));
  TRY(close(open("folder/file", O_WRONLY | O_TRUNC)));
  TRY(truncate("folder/file", 10));
  TRY(close(open("folder/new", O_WRONLY | O_CREAT, 0600)));
  TRY(mkdir("folder/sub", 0700));
  TRY(symlink("x", "folder/link"));
  TRY(link("folder/file", "folder/second"));
  TRY(unlink("folder/second"));
  TRY(rename("folder/new", "folder/renamed"));
  TRY(rename("folder/renamed", "other/away"));
  TRY(rename("other/away", "folder/back"));
  TRY(rmdir("folder/sub"));
  TRY(unlink("folder/link"));
  TRY(rename("folder/file", "folder/moved"));
  TRY(rename("folder/back", "folder/moved"));
  fd = open("folder", O_RDONLY);
  show("open");
  TRY(syscall(SYS_getdents64, fd, bytes, sizeof bytes));
  close(fd);
  show("close");
  NEED(unlink("folder/moved") == 0);
  show("unlink");
  NEED(rmdir("folder") == 0);
  show("rmdir");
}

static void test_masks(void) {
  int fd = open("plain", O_RDWR | O_CREAT, 0644);
  int count;
  folder = RESULT(inotify_add_watch(notifier, "plain", IN_MODIFY)) > 0;
  file = inotify_add_watch(notifier, "plain", IN_MODIFY | IN_MASK_ADD | IN_ACCESS);
  NEED(write(fd, "abc", 3) == 3 && pread(fd, bytes, 3, 0) == 3);
  RESULT(ioctl(notifier, FIONREAD, &count));
  say("%d bytes\n", count);
  show("added");
  IS(inotify_add_watch(notifier, "plain", IN_ACCESS) == file);
  NEED(write(fd, "abc", 3) == 3 && pread(fd, bytes, 3, 0) == 3);
  show("replaced");
  NEED(pread(fd, bytes, 3, 0) == 3 && pread(fd, bytes, 3, 0) == 3);
  show("twice the same");
  RESULT(inotify_add_watch(notifier, "plain", IN_ACCESS | IN_MASK_CREATE));
  NEED(inotify_add_watch(notifier, "plain", IN_ACCESS | IN_ONESHOT) == file);
  NEED(pread(fd, bytes, 3, 0) == 3);
  show("once");
  RESULT(inotify_rm_watch(notifier, file));
  file = inotify_add_watch(notifier, "plain", IN_ALL_EVENTS);
  RESULT(inotify_rm_watch(notifier, file));
  show("removed");
  close(fd);
}

static void test_refusals(void) {
  int fd = open("plain", O_RDWR);
  RESULT(inotify_init1(0x100));
  RESULT(inotify_add_watch(99, ".", IN_ACCESS));
  RESULT(inotify_add_watch(fd, ".", IN_ACCESS));
  RESULT(inotify_add_watch(notifier, "missing", IN_ACCESS));
  RESULT(inotify_add_watch(notifier, ".", 0));
  RESULT(inotify_add_watch(notifier, ".", IN_ACCESS | IN_MASK_ADD | IN_MASK_CREATE));
  RESULT(inotify_add_watch(notifier, "plain", IN_ACCESS | IN_ONLYDIR));
  RESULT(inotify_add_watch(notifier, bad_pointer(), IN_ACCESS));
  RESULT(inotify_rm_watch(99, 1));
  RESULT(inotify_rm_watch(fd, 1));
  RESULT(inotify_rm_watch(notifier, 1000));
  file = inotify_add_watch(notifier, "plain", IN_ALL_EVENTS);
  NEED(pread(fd, bytes, 1, 0) == 1);
  RESULT(read(notifier, bytes, 10));
  RESULT(read(notifier, bad_pointer(), 100));
  RESULT(write(notifier, bytes, 10));
  RESULT(lseek(notifier, 0, SEEK_SET));
  close(fd);
}

static void test_waiting(void) {
  int waiter = inotify_init1(0);
  NEED(inotify_add_watch(waiter, "plain", IN_MODIFY) > 0);
  pid_t child = fork();
  if (child == 0) {
    sleep_ms(10);
    _exit(write(open("plain", O_WRONLY), "x", 1) != 1);
  }
  RESULT(read(waiter, bytes, sizeof bytes));
  reap("writer", child);
}

int main(void) {
  notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  NEED(notifier >= 0);
  IS(fcntl(notifier, F_GETFD) == FD_CLOEXEC);
  test_events();
  test_masks();
  test_refusals();
  test_waiting();
  return 0;
}
