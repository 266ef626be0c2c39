/* What programs of one job do, by the first argument: leave the job, take more of something until it
 * is refused, and so on. Run by tests/boot/limits.test.ts. */
#include "../syscalls/check.h"
#include <sys/vfs.h>

enum { BOTH = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };
static char block[65536];

static void wait_for_ever(void) {
  for (;;) pause();
}

/* A child, one in a session of its own, and one whose parent is gone, which ignores SIGTERM. */
static void scatter(void) {
  Gate ready = new_gate();
  if (fork() == 0) wait_for_ever();
  if (fork() == 0) {
    setsid();
    open_gate(&ready);
    wait_for_ever();
  }
  pid_t middle = fork();
  if (middle == 0) {
    if (fork() == 0) {
      setsid();
      signal(SIGTERM, SIG_IGN);
      while (getppid() == middle) sched_yield();
      open_gate(&ready);
      wait_for_ever();
    }
    _exit(0);
  }
  NEED(waitpid(middle, 0, 0) == middle);
  pass_gate(&ready);
  pass_gate(&ready);
  say("scattered\n");
  wait_for_ever();
}

/* Not the name of a symbolic count: how many there are depends on estimates. */
static void refused(int count, int isExact) {
  if (isExact) say("%d more: %s\n", count, error_name(errno));
  else say("%s more: %s\n", count > 10 ? "some" : "too few", error_name(errno));
}

static void more(const char *what) {
  int count = 0, ends[2];
  char name[32];
  if (!strcmp(what, "processes")) {
    pid_t pid;
    while ((pid = fork()) > 0) count++;
    if (pid == 0) wait_for_ever();
    refused(count, 1);
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(0) > 0) continue;
  }
  if (!strcmp(what, "files")) {
    while (open("/dev/null", O_RDONLY) >= 0) count++;
    refused(count, 1);
  }
  if (!strcmp(what, "content")) {
    int file = open("content", O_CREAT | O_WRONLY, 0600);
    while (write(file, block, sizeof block) == sizeof block) count++;
    NEED(write(file, block, sizeof block) < 0);
    refused(count, 1);
    unlink("content");
  }
  if (!strcmp(what, "room")) {
    int file = open("content", O_CREAT | O_WRONLY, 0600);
    struct statfs before, after;
    NEED(write(file, block, sizeof block) == sizeof block && fstatfs(file, &before) == 0);
    off_t bytes = 0;
    for (ssize_t done; (done = write(file, block, sizeof block)) > 0;) bytes += done;
    NEED(errno == ENOSPC && fstatfs(file, &after) == 0);
    say("%s\n", bytes == (off_t)before.f_bavail * before.f_bsize ? "as much as was free" : "not");
    say("now %ld free, %s\n", (long)after.f_bavail,
        after.f_blocks == before.f_blocks ? "of as many" : "of others");
    unlink("content");
  }
  if (!strcmp(what, "pipes")) {
    while (pipe(ends) == 0 && write(ends[1], block, sizeof block) == sizeof block) count++;
    /* The last write may have put in a part. */
    if (errno != ENOMEM) NEED(write(ends[1], block, sizeof block) < 0);
    refused(count, 0);
  }
  if (!strcmp(what, "nodes")) {
    do snprintf(name, sizeof name, "n%d", count);
    while (mknod(name, S_IFREG | 0600, 0) == 0 && ++count);
    refused(count, 0);
    for (int i = 0; i < count; i++) {
      snprintf(name, sizeof name, "n%d", i);
      NEED(unlink(name) == 0);
    }
  }
}

static int grow(void) {
  size_t area = (size_t)1 << 33;
  char *memory = mmap(0, area, BOTH, ANONYMOUS | MAP_NORESERVE, -1, 0);
  for (size_t at = 0; at < area; at += PAGE) memory[at] = 1;
  return 1;
}

int main(int count, char **words) {
  NEED(count >= 2);
  const char *what = words[1];
  setpgid(0, 0);
  if (!strcmp(what, "wait")) wait_for_ever();
  if (!strcmp(what, "ok")) say("ok\n");
  if (!strcmp(what, "scatter")) scatter();
  if (!strcmp(what, "bomb")) {
    for (;;) fork();
  }
  if (!strcmp(what, "spin")) {
    if (fork() == 0) setsid();
    for (volatile int turn = 0;; turn++) continue;
  }
  if (!strcmp(what, "more")) more(words[2]);
  if (!strcmp(what, "grow")) return grow();
  if (!strcmp(what, "child")) reap("child", spawn(grow));
  if (!strcmp(what, "large")) {
    memset(mmap(0, 64 << 20, BOTH, ANONYMOUS, -1, 0), 1, 64 << 20);
    wait_for_ever();
  }
  if (!strcmp(what, "leave")) {
    int file = open("left", O_CREAT | O_WRONLY, 0600);
    NEED(write(file, block, sizeof block) == sizeof block);
  }
  if (!strcmp(what, "remove")) {
    NEED(unlink("left") == 0);
    say("removed\n");
  }
  return 0;
}
