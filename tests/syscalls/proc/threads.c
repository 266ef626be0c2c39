/* /proc/PID/task: threads with their names; a thread's id is found in /proc, but not listed there;
 * thread-self; what cannot be made, removed or renamed.
 * qemu differs: it has threads of its own. */
#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/prctl.h>

static pid_t second;
static Gate begun, done;

static const char *file_of(const char *path) {
  static char text[100];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return error_name(errno);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length > 0 && text[length - 1] == '\n') length--;
  text[length < 0 ? 0 : length] = 0;
  return text;
}

static const char *name_of(const char *format, ...) {
  static char path[100];
  va_list list;
  va_start(list, format);
  vsnprintf(path, sizeof path, format, list);
  va_end(list);
  return file_of(path);
}

static void *thread(void *unused) {
  char text[60], wanted[60];
  second = gettid();
  say("inherited: %s\n", file_of("/proc/thread-self/comm"));
  prctl(PR_SET_NAME, "worker");
  ssize_t length = readlink("/proc/thread-self", text, sizeof text - 1);
  text[length < 0 ? 0 : length] = 0;
  snprintf(wanted, sizeof wanted, "%d/task/%d", getpid(), gettid());
  IS(strcmp(text, wanted) == 0);
  open_gate(&begun);
  pass_gate(&done);
  return unused;
}

static int count(const char *path, pid_t wanted) {
  DIR *directory = opendir(path);
  NEED(directory);
  int found = 0;
  for (struct dirent *entry; (entry = readdir(directory));) found += atoi(entry->d_name) == wanted;
  closedir(directory);
  return found;
}

int main(void) {
  char path[60];
  pthread_t other;
  pid_t self = getpid();
  begun = new_gate(), done = new_gate();
  prctl(PR_SET_NAME, "leader");
  NEED(pthread_create(&other, 0, thread, 0) == 0);
  pass_gate(&begun);
  say("listed: %d %d, in /proc %d %d\n", count("/proc/self/task", self),
      count("/proc/self/task", second), count("/proc", self), count("/proc", second));
  say("%s\n", name_of("/proc/%d/comm", self));
  say("%s\n", name_of("/proc/self/task/%d/comm", self));
  say("%s\n", name_of("/proc/self/task/%d/comm", second));
  say("%s\n", name_of("/proc/%d/comm", second));
  IS(atoi(name_of("/proc/%d/stat", second)) == second);
  say("%s\n", name_of("/proc/self/task/1000000/comm"));
  say("%s\n", name_of("/proc/self/task/%d/task/%d/comm", self, self));
  snprintf(path, sizeof path, "/proc/self/task/%d/comm", second);
  int fd = open(path, O_WRONLY);
  RESULT(write(fd, "renamed", 7));
  say("%s\n", file_of(path));
  snprintf(path, sizeof path, "/proc/self/task/%d/fd/1", second);
  RESULT(access(path, F_OK));
  open_gate(&done);
  pthread_join(other, 0);
  /* The thread's id goes a moment after its word for pthread_join does. */
  for (int i = 0; i < 1000 && count("/proc/self/task", second); i++) sleep_ms(1);
  say("gone: %s\n", name_of("/proc/self/task/%d/comm", second));

  RESULT(open("/proc/new", O_CREAT | O_WRONLY, 0644));
  RESULT(open("/proc/self/new", O_CREAT | O_WRONLY, 0644));
  RESULT(mkdir("/proc/new", 0755));
  RESULT(mkdir("/proc/self/task", 0755));
  RESULT(symlink("x", "/proc/new"));
  RESULT(mknod("/proc/new", S_IFIFO | 0644, 0));
  RESULT(unlink("/proc/uptime"));
  RESULT(unlink("/proc/self/stat"));
  RESULT(rmdir("/proc/self/task"));
  RESULT(rename("/proc/self/stat", "/proc/self/x"));
  RESULT(rename("/proc/self/stat", "/proc/self/status"));
  RESULT(link("/proc/self/stat", "/proc/new"));
  RESULT(chmod("/proc/self/stat", 0777));
  RESULT(read(open("/proc/self", O_RDONLY), path, 10));
  RESULT(open("/proc/self/task", O_WRONLY));
  RESULT(truncate("/proc/self/comm", 0));
  return 0;
}
