/* The monitor: a process whose own course nobody else may change. It does the same round of work
 * again and again, on memory, files, pipes, sockets, children and signals of its own, until it is
 * told to stop, and every round must have the same results as the first. */
#ifndef MONITOR_H
#define MONITOR_H
#include "../syscalls/check.h"
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/utsname.h>

enum { OWN_BYTES = 65536, ROUNDS_MAX = 100000 };

static uint64_t round_hash;
static volatile sig_atomic_t monitor_signals;

static void note(uint64_t value) {
  round_hash = (round_hash ^ value) * 0x100000001b3u;
  round_hash ^= round_hash >> 29;
}

/* A result: the value, or the errno. */
static long noted(long result) {
  note(result == -1 ? (uint64_t)-errno : (uint64_t)result);
  return result;
}

static void note_bytes(const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) note(((const unsigned char *)bytes)[i]);
}

static void count_signal(int number) { monitor_signals++; }

static void fill(unsigned char *bytes, unsigned from) {
  for (unsigned i = 0; i < OWN_BYTES; i++) bytes[i] = (unsigned char)((i * 2654435761u + from) >> 13);
}

static void round_of_memory(unsigned char *kept, int file) {
  note_bytes(kept, OWN_BYTES);
  unsigned char *fresh = mmap(0, OWN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  note(fresh == MAP_FAILED);
  if (fresh == MAP_FAILED) return;
  note_bytes(fresh, 4 * PAGE);
  fill(fresh, 7);
  noted(pwrite(file, fresh, OWN_BYTES, 0));
  unsigned char *shown = mmap(0, OWN_BYTES, PROT_READ, MAP_SHARED, file, 0);
  note(shown == MAP_FAILED || memcmp(shown, fresh, OWN_BYTES) != 0);
  munmap(shown, OWN_BYTES), munmap(fresh, OWN_BYTES);
}

static void round_of_files(int file) {
  struct stat about;
  char text[64] = {0};
  noted(ftruncate(file, 5000));
  noted(fstat(file, &about));
  note(about.st_mode), note(about.st_uid), note(about.st_nlink), note((uint64_t)about.st_size);
  noted(lseek(file, -8, SEEK_END));
  noted(read(file, text, sizeof text));
  note_bytes(text, sizeof text);
  noted(rename("own", "other")), noted(stat("own", &about)), noted(rename("other", "own"));
  noted(symlink("own", "name")), noted(readlink("name", text, sizeof text)), noted(unlink("name"));
  noted(mkdir("folder", 0700)), noted(rmdir("own")), noted(rmdir("folder"));
  noted(flock(file, LOCK_EX | LOCK_NB)), noted(flock(file, LOCK_UN));
  DIR *list = opendir(".");
  for (struct dirent *entry; list && (entry = readdir(list));) note_bytes(entry->d_name, strlen(entry->d_name));
  if (list) closedir(list);
  int secret = open("secret", O_RDONLY);
  noted(read(secret, text, sizeof text)), note_bytes(text, sizeof text), close(secret);
}

static void round_of_messages(void) {
  int pipes[2], sockets[2];
  char text[32] = {0};
  noted(pipe(pipes)), noted(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
  noted(write(pipes[1], "one two three", 13)), noted(read(pipes[0], text, 5));
  struct pollfd wait[2] = {{pipes[0], POLLIN, 0}, {sockets[0], POLLIN | POLLOUT, 0}};
  noted(poll(wait, 2, 0)), note((uint64_t)wait[0].revents), note((uint64_t)wait[1].revents);
  noted(send(sockets[0], "message", 7, 0)), noted(recv(sockets[1], text, sizeof text, 0));
  note_bytes(text, sizeof text);
  int event = eventfd(3, EFD_NONBLOCK), epoll = epoll_create1(0);
  struct epoll_event want = {EPOLLIN, {.u64 = 77}}, got = {0};
  noted(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &want)), noted(epoll_wait(epoll, &got, 1, 0));
  note(got.data.u64), note(got.events);
  uint64_t counter = 0;
  noted(read(event, &counter, 8)), note(counter), noted(read(event, &counter, 8));
  close(pipes[0]), noted(write(pipes[1], "x", 1));
  close(pipes[1]), close(sockets[0]), close(sockets[1]), close(event), close(epoll);
}

static void round_of_processes(unsigned char *kept) {
  int status = 0, word = 5;
  pid_t child = fork();
  note(child < 0);
  if (child == 0) {
    memset(kept, 0, OWN_BYTES);
    _exit(getppid() > 1 ? 42 : 43);
  }
  noted(waitpid(child, &status, 0) == child), note((uint64_t)status);
  monitor_signals = 0;
  noted(raise(SIGUSR1)), note((uint64_t)monitor_signals);
  noted(syscall(SYS_futex, &word, 128, 4, 0)), noted(syscall(SYS_futex, &word, 129, 1));
  struct utsname names;
  noted(uname(&names)), note_bytes(names.nodename, strlen(names.nodename));
  struct rlimit limit;
  noted(getrlimit(RLIMIT_NOFILE, &limit)), note(limit.rlim_cur);
  noted(getuid()), noted(getegid()), noted(umask(022)), noted(getpriority(PRIO_PROCESS, 0));
  sigset_t set;
  noted(sigpending(&set)), note_bytes(&set, 8), noted(sigprocmask(SIG_BLOCK, 0, &set)), note_bytes(&set, 8);
}

static int monitor_course(int stop) {
  unsigned char *kept = mmap(0, OWN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(kept != MAP_FAILED && (mkdir("/mnt/monitor", 0700) == 0 || errno == EEXIST));
  NEED(chdir("/mnt/monitor") == 0);
  int secret = open("secret", O_RDWR | O_CREAT, 0600), file = open("own", O_RDWR | O_CREAT, 0600);
  NEED(secret >= 0 && file >= 0 && write(secret, "nobody may read this", 20) == 20);
  close(secret);
  fill(kept, 3);
  umask(022), handle(SIGUSR1, count_signal, 0), handle(SIGPIPE, count_signal, 0);
  uint64_t first = 0;
  unsigned rounds = 0, differing = 0;
  struct pollfd told = {stop, POLLIN, 0};
  do {
    round_hash = 0xcbf29ce484222325u;
    round_of_memory(kept, file), note(1), round_of_files(file), note(2);
    round_of_messages(), note(3), round_of_processes(kept);
    if (rounds == 0) first = round_hash;
    else if (round_hash != first) differing++;
    if (rounds++ == ROUNDS_MAX) break;
    /* One round at least when all that disturbs it is over. */
  } while (poll(&told, 1, 5) == 0 || rounds < 2);
  say("monitor: many rounds, hash %016lx, differing %u\n", (unsigned long)first, differing);
  return differing != 0;
}

static pid_t start_monitor(Gate *stop) {
  pid_t child = fork();
  NEED(child >= 0);
  if (child != 0) return child;
  close(stop->ends[1]);
  _exit(monitor_course(stop->ends[0]));
}
#endif
