/* Takes more and more of one thing until it is refused, in a child for each way, and prints how
 * that ended; what the child took must be free again for the next. Only for a system that is there
 * for it: it would harm a host.
 *
 *   hostile WAY...      each way by its name in the table below
 *   hostile bomb        forks for ever, everywhere
 *   hostile idle N      N processes that wait for ever
 *   hostile output      writes for ever */
#include "../syscalls/check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <grp.h>

enum { MANY = 1200000, BOTH = PROT_READ | PROT_WRITE, PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS };

static char block[65536];

/* Takes one more: -1 with errno, it is refused. `at` counts from 0. */
typedef int More(long at);

static int pids_count;
static pid_t pids[20000];

static int more_processes(long at) {
  pid_t pid = fork();
  if (pid == 0) {
    pause();
    _exit(0);
  }
  if (pid > 0) pids[at % 20000] = pid, pids_count++;
  return pid < 0 ? -1 : 0;
}

static int more_threads(long at) {
  (void)at;
  char *stack = mmap(0, 2 * PAGE, BOTH, PRIVATE, -1, 0);
  if (stack == MAP_FAILED) return -1;
  enum { FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD };
  extern int waiting(void *);
  return clone(waiting, stack + 2 * PAGE, FLAGS, 0) < 0 ? -1 : 0;
}
int waiting(void *unused) {
  (void)unused;
  for (;;) pause();
}

static int more_files(long at) {
  (void)at;
  return open("/dev/null", O_RDONLY) < 0 ? -1 : 0;
}

/* Of one open file many descriptors, as far up as they go. */
static int more_descriptors(long at) {
  (void)at;
  return dup(1) < 0 ? -1 : 0;
}

static int more_pipes(long at) {
  (void)at;
  int ends[2];
  if (pipe(ends) < 0) return -1;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  while (write(ends[1], block, sizeof block) > 0) continue;
  return 0;
}

static int more_sockets(long at) {
  (void)at;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0) return -1;
  while (write(ends[0], block, sizeof block) > 0) continue;
  while (write(ends[1], "x", 1) > 0) continue;
  return 0;
}

/* Sockets in messages of sockets, of which no descriptor is left. */
static int send_files(int to, const int *files, int count) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * 250)];
    struct cmsghdr header;
  } control;
  memset(&control, 0, sizeof control);
  struct iovec piece = {"x", 1};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
  memcpy(CMSG_DATA(header), files, sizeof(int) * (size_t)count);
  return sendmsg(to, &message, MSG_DONTWAIT) < 0 ? -1 : 0;
}
static int more_in_flight(long at) {
  static int ends[2];
  if (at % 20 == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0) return -1;
  int files[250];
  for (int i = 0; i < 250; i++) files[i] = ends[i & 1];
  if (send_files(ends[0], files, 250) == 0) return 0;
  return errno == EAGAIN ? 0 : -1;
}

static int more_epoll(long at) {
  static int epoll, ends[2];
  if (at == 0) NEED((epoll = epoll_create1(0)) >= 0 && pipe(ends) == 0);
  int copy = dup(ends[0]);
  if (copy < 0) {
    /* No descriptor is left: another epoll file in place of the first. */
    return -1;
  }
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, copy, &event);
}

static int more_timers(long at) {
  (void)at;
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0) return -1;
  struct itimerspec when = {{1000, 0}, {1000, 0}};
  return timer_settime(timer, 0, &when, 0);
}

static int more_timer_files(long at) {
  (void)at;
  int file = timerfd_create(CLOCK_MONOTONIC, 0);
  if (file < 0) return -1;
  struct itimerspec when = {{1000, 0}, {1000, 0}};
  return timerfd_settime(file, 0, &when, 0);
}

/* The watches of one node are one: each gets a file of its own. */
static int more_watches(long at) {
  static int file = -1;
  char name[32];
  snprintf(name, sizeof name, "w%ld", at);
  int made = open(name, O_CREAT | O_RDONLY, 0600);
  if (made < 0) return -1;
  close(made);
  if (file < 0) NEED((file = inotify_init1(0)) >= 0);
  if (inotify_add_watch(file, name, IN_ALL_EVENTS) >= 0) return 0;
  if (errno != ENOSPC) return -1;
  file = inotify_init1(0);
  return file < 0 ? -1 : 0;
}

static int more_maps(long at) {
  /* Neighbours differ in their protection, else they would be one. */
  int protection = at % 2 == 0 ? PROT_READ : BOTH;
  return mmap(0, PAGE, protection, PRIVATE, -1, 0) == MAP_FAILED ? -1 : 0;
}

/* As many maps as one process may have, in as many processes as there may be. */
static int more_forked_maps(long at) {
  if (at == 0) {
    for (long i = 0; i < 60000; i++) {
      if (more_maps(i) < 0) break;
    }
  }
  return more_processes(at);
}

static int more_objects(long at) {
  (void)at;
  return mmap(0, PAGE, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int more_locks(long at) {
  static int file = -1;
  static long files;
  if (file < 0) {
    char name[32];
    snprintf(name, sizeof name, "l%ld", files++);
    if ((file = open(name, O_CREAT | O_RDWR, 0600)) < 0) return -1;
  }
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * at, .l_len = 1};
  if (fcntl(file, F_SETLK, &lock) == 0) return 0;
  if (errno != ENOLCK || files > 2) return -1;
  file = -1;
  return 0;
}

static int more_signals(long at) {
  static pid_t target;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, 0);
  struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  if (at % 4096 == 0) {
    setrlimit(RLIMIT_SIGPENDING, &none);
    if ((target = fork()) == 0) {
      for (;;) pause();
    }
    if (target < 0) return -1;
  }
  union sigval value = {.sival_int = (int)at};
  if (sigqueue(target, SIGRTMIN, value) == 0) return 0;
  return errno == EAGAIN && at % 4096 != 0 && at < 40 * 4096 ? 0 : -1;
}

static int more_names(long at) {
  char name[32];
  if (at == 0) close(open("first", O_CREAT | O_WRONLY, 0600));
  snprintf(name, sizeof name, "n%ld", at);
  if (link("first", name) == 0) return 0;
  if (errno != EMLINK) return -1;
  unlink("first");
  int file = open("first", O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (file < 0) return -1;
  close(file);
  return 0;
}

static int more_nodes(long at) {
  char name[300];
  memset(name, 'x', sizeof name);
  snprintf(name, sizeof name, "%0250ld", at);
  return mknod(name, S_IFREG | 0600, 0);
}

static int more_links(long at) {
  static char target[4096];
  char name[32];
  memset(target, 'x', 4000);
  snprintf(name, sizeof name, "s%ld", at);
  return symlink(target, name);
}

static int more_attributes(long at) {
  static long files, full;
  char name[32], attribute[32];
  snprintf(name, sizeof name, "x%ld", files);
  snprintf(attribute, sizeof attribute, "user.a%ld", at);
  int file = open(name, O_CREAT | O_WRONLY, 0600);
  if (file < 0) return -1;
  int result = fsetxattr(file, attribute, block, sizeof block, 0);
  close(file);
  if (result == 0) return 0;
  /* One file is full, or everything: the next one tells. */
  if (errno != ENOSPC || at == full) return -1;
  full = at + 1;
  files++;
  return 0;
}

static int more_memory_files(long at) {
  (void)at;
  int file = memfd_create("m", 0);
  if (file < 0) return -1;
  return write(file, block, sizeof block) == sizeof block ? 0 : -1;
}

static int more_mounts(long at) {
  (void)at;
  mkdir("point", 0700);
  return mount("none", "point", "tmpfs", 0, 0);
}

static int more_terminals(long at) {
  (void)at;
  return open("/dev/ptmx", O_RDWR | O_NOCTTY) < 0 ? -1 : 0;
}

/* Texts of /proc that are kept for each open file: long ones. */
static int more_texts(long at) {
  if (at == 0) {
    for (long i = 0; i < 2000; i++) more_maps(i);
  }
  int file = open("/proc/self/maps", O_RDONLY);
  if (file < 0) return -1;
  return read(file, block, 1) < 0 ? -1 : 0;
}

/* Processes that wait in poll for many descriptors. */
static int more_polls(long at) {
  static struct pollfd set[4000];
  if (at == 0) {
    for (int i = 0; i < 4000; i++) set[i].fd = eventfd(0, 0), set[i].events = POLLIN;
  }
  pid_t pid = fork();
  if (pid == 0) {
    poll(set, 4000, -1);
    _exit(0);
  }
  if (pid < 0) return -1;
  pids[pids_count++] = pid;
  /* They run meanwhile: one that there is no memory for is killed. */
  if (at % 64 == 0) sleep_ms(1);
  return waitpid(-1, 0, WNOHANG) > 0 ? (errno = ENOMEM, -1) : 0;
}

static int more_groups(long at) {
  static gid_t list[65536];
  for (int i = 0; i < 65536; i++) list[i] = (gid_t)(i * 2 + at);
  return setgroups(65536, list) < 0 ? -1 : more_processes(at);
}

static int more_stack(long at) {
  char page[4 * PAGE];
  memset(page, (int)at, sizeof page);
  __asm__ volatile("" : : "r"(page) : "memory");
  return more_stack(at + 1) + 1;
}

static int more_arguments(long at) {
  char *list[] = {"x", 0};
  static char *environment[100000];
  for (int i = 0; i < 99999; i++) environment[i] = block;
  memset(block, 'e', sizeof block - 1);
  (void)at;
  execve("/mnt/test", list, environment);
  return -1;
}

static int more_content(long at) {
  static int file = -1;
  if (at == 0) NEED((file = open("full", O_CREAT | O_WRONLY, 0600)) >= 0);
  return write(file, block, sizeof block) > 0 ? 0 : -1;
}

static int more_memory(long at) {
  static char *memory;
  if (at == 0) memory = mmap(0, (size_t)1 << 35, BOTH, PRIVATE | MAP_NORESERVE, -1, 0);
  memory[at * PAGE] = 1;
  return 0;
}

static int more_heap(long at) {
  (void)at;
  char *bytes = malloc(1 << 20);
  if (bytes == 0) return -1;
  memset(bytes, 1, 1 << 20);
  return 0;
}

/* One folder in the other, and out again. */
static int deep_tree(long at) {
  enum { DEPTH = 10000 };
  if (at > 0) return errno = ENODATA, -1;
  long made = 0;
  for (; made < DEPTH; made++) {
    if (mkdir("directory", 0700) < 0 || chdir("directory") < 0) break;
  }
  say("tree: %s deep\n", made == DEPTH ? "10,000" : error_name(errno));
  static char path[200000];
  long length = syscall(SYS_getcwd, path, sizeof path);
  say("tree: getcwd: %s\n", length < 0 ? error_name(errno) : "a path");
  struct stat status;
  NEED(stat("..", &status) == 0);
  int outside = open("../..", O_RDONLY | O_DIRECTORY);
  NEED(outside >= 0 && renameat(outside, "directory", outside, "other") == 0);
  NEED(renameat(outside, "other", outside, "directory") == 0);
  close(outside);
  for (; made > 0; made--) {
    if (chdir("..") < 0 || rmdir("directory") < 0) break;
  }
  say("tree: %s\n", made == 0 ? "removed" : error_name(errno));
  return 0;
}

static const struct {
  const char *name;
  More *more;
} ways[] = {
    {"processes", more_processes}, {"threads", more_threads},
    {"files", more_files},         {"descriptors", more_descriptors},
    {"pipes", more_pipes},         {"sockets", more_sockets},
    {"flight", more_in_flight},    {"epoll", more_epoll},
    {"timers", more_timers},       {"timerfds", more_timer_files},
    {"watches", more_watches},     {"maps", more_maps},
    {"forked-maps", more_forked_maps},
    {"objects", more_objects},     {"locks", more_locks},
    {"signals", more_signals},     {"names", more_names},
    {"nodes", more_nodes},         {"links", more_links},
    {"attributes", more_attributes},
    {"memfds", more_memory_files}, {"mounts", more_mounts},
    {"terminals", more_terminals}, {"texts", more_texts},
    {"polls", more_polls},         {"groups", more_groups},
    {"stack", more_stack},         {"arguments", more_arguments},
    {"content", more_content},     {"memory", more_memory},
    {"heap", more_heap},           {"tree", deep_tree},
};

static void remove_all(const char *folder) {
  if (chdir(folder) < 0) return;
  char *words[] = {"rm", 0};
  (void)words;
  enum { ROOM = 65536 };
  static char entries[ROOM];
  int directory = open(".", O_RDONLY | O_DIRECTORY);
  long removed = 0, count;
  while (umount2("point", MNT_DETACH) == 0) continue;
  while ((count = syscall(SYS_getdents64, directory, entries, ROOM)) > 0) {
    for (long at = 0; at < count;) {
      const char *name = entries + at + 19;
      unsigned short length;
      memcpy(&length, entries + at + 16, 2);
      at += length;
      if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
      if (unlink(name) < 0 && rmdir(name) < 0) say("cannot remove: %s\n", error_name(errno));
      removed++;
    }
  }
  close(directory);
  NEED(chdir("/") == 0 && rmdir(folder) == 0);
}

static void attack(const char *name, More *more) {
  const char *folder = "/tmp/hostile";
  NEED(mkdir(folder, 0700) == 0 && chdir(folder) == 0);
  pid_t pid = fork();
  NEED(pid >= 0);
  if (pid == 0) {
    struct rlimit most = {1048576, 1048576}, stack = {1 << 29, 1 << 29};
    setpgid(0, 0);
    setrlimit(RLIMIT_NOFILE, &most);
    setrlimit(RLIMIT_STACK, &stack);
    long at = 0;
    while (at < MANY && more(at) >= 0) at++;
    int error = errno;
    if (more != deep_tree) say("%s: %s\n", name, at == MANY ? "all" : error_name(error));
    dprintf(2, "%s: %ld\n", name, at);
    /* Everybody else of this way: those that wait, too. */
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGKILL);
    _exit(0);
  }
  int status;
  while (waitpid(pid, &status, 0) < 0) continue;
  if (WIFEXITED(status) || WTERMSIG(status) != SIGKILL) show_status(name, status);
  else if (more == more_memory || more == more_heap || more == more_stack) show_status(name, status);
  while (kill(-pid, SIGKILL) == 0) sleep_ms(1);
  chdir("/");
  remove_all(folder);
}

static void bomb(void) {
  for (;;) fork();
}

int main(int count, char **words) {
  NEED(count >= 2);
  /* Orphans are reaped here, not by process 1. */
  if (!strcmp(words[1], "bomb")) bomb();
  if (!strcmp(words[1], "output")) {
    memset(block, 'y', sizeof block);
    while (write(1, block, sizeof block) > 0) continue;
  }
  if (!strcmp(words[1], "idle")) {
    long wanted = atol(words[2]), made = 0;
    while (made < wanted && more_processes(made) == 0) made++;
    say("idle: %s\n", made == wanted ? "all" : error_name(errno));
    pause();
  }
  for (int i = 1; i < count; i++) {
    size_t way = 0, all = sizeof ways / sizeof *ways;
    while (way < all && strcmp(ways[way].name, words[i]) != 0) way++;
    if (way == all) return 2;
    attack(ways[way].name, ways[way].more);
  }
  say("the rest goes on\n");
  return 0;
}
