/* inotify: a watch does not keep a file system mounted; it ends with IN_UNMOUNT and IN_IGNORED. */
#include "check.h"
#include <sys/inotify.h>
#include <sys/mount.h>

static void show(int notifier) {
  char bytes[1024];
  ssize_t length = read(notifier, bytes, sizeof bytes);
  if (length < 0) {
    say("read: %s\n", error_name(errno));
    return;
  }
  for (ssize_t at = 0; at < length;) {
    struct inotify_event *event = (struct inotify_event *)(bytes + at);
    say("watch %d mask %x\n", event->wd, event->mask);
    at += (ssize_t)sizeof *event + event->len;
  }
}

int main(void) {
  NEED(mkdir("m", 0755) == 0 && mount("none", "m", "tmpfs", 0, 0) == 0);
  int file = open("m/f", O_CREAT | O_RDWR, 0644);
  int notifier = inotify_init1(IN_NONBLOCK);
  NEED(file >= 0 && notifier >= 0 && close(file) == 0);
  RESULT(inotify_add_watch(notifier, "m/f", IN_MODIFY));
  RESULT(umount("m"));
  show(notifier);
  show(notifier);
  RESULT(inotify_rm_watch(notifier, 1));

  /* A bind mount that goes is not the file system. */
  NEED(mkdir("d", 0755) == 0 && mount("d", "m", 0, MS_BIND, 0) == 0);
  RESULT(inotify_add_watch(notifier, "m", IN_CREATE));
  RESULT(umount("m"));
  show(notifier);
  NEED(mkdir("d/new", 0755) == 0);
  show(notifier);
  return 0;
}
