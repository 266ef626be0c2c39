/* Figures that grow: io, processes and ctxt of stat, times of a process and its children, uptime;
 * mem; the state of vfork's parent.
 * qemu differs: it reads and writes, and has its own memory. */
#include "check.h"
#include <sys/prctl.h>

static char text[9000];

static const char *file_of(const char *path) {
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length < 0 ? 0 : length] = 0;
  return text;
}

static long figure(const char *path, const char *name) {
  const char *at = strstr(file_of(path), name);
  NEED(at);
  return strtol(at + strlen(name), 0, 10);
}

static long field(const char *path, int number) {
  const char *at = strrchr(file_of(path), ')') + 2;
  for (int i = 3; i < number; i++) at = strchr(at, ' ') + 1;
  return number == 3 ? *at : strtol(at, 0, 10);
}

static void burn(long ticks) {
  volatile unsigned sum = 0;
  while (field("/proc/self/stat", 14) + field("/proc/self/stat", 15) < ticks)
    for (int i = 0; i < 1000000; i++) sum += (unsigned)i;
}

static char mark[] = "found in memory";

int main(void) {
  static char buffer[5000];
  prctl(PR_SET_NAME, "proc-counts");
  int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
  long read_before = figure("/proc/self/io", "rchar: "), calls = figure("/proc/self/io", "syscr: ");
  long written = figure("/proc/self/io", "wchar: "), writes = figure("/proc/self/io", "syscw: ");
  NEED(read(zero, buffer, 5000) == 5000 && read(zero, buffer, 50) == 50);
  NEED(write(null, buffer, 3000) == 3000 && pwrite(null, buffer, 7, 0) == 7);
  IS(figure("/proc/self/io", "rchar: ") - read_before >= 5050);
  IS(figure("/proc/self/io", "syscr: ") - calls >= 2);
  say("written %ld in %ld\n", figure("/proc/self/io", "wchar: ") - written,
      figure("/proc/self/io", "syscw: ") - writes);

  long processes = figure("/proc/stat", "processes ");
  long switches = figure("/proc/stat", "ctxt ");
  long voluntary = figure("/proc/self/status", "\nvoluntary_ctxt_switches:\t");
  long faults = field("/proc/self/stat", 11);
  for (int i = 0; i < 3; i++) {
    pid_t child = fork();
    if (child == 0) {
      sleep_ms(1);
      _exit(0);
    }
    NEED(waitpid(child, 0, 0) == child);
  }
  IS(figure("/proc/stat", "processes ") >= processes + 3);
  IS(figure("/proc/stat", "ctxt ") > switches);
  IS(figure("/proc/self/status", "\nvoluntary_ctxt_switches:\t") >= voluntary + 1);
  IS(field("/proc/self/stat", 11) > faults);
  faults = field("/proc/self/stat", 10);
  char *pages = mmap(0, 50 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(pages != MAP_FAILED && madvise(pages, 50 * PAGE, MADV_NOHUGEPAGE) <= 0);
  for (int i = 0; i < 50; i++) pages[i * PAGE] = 1;
  IS(field("/proc/self/stat", 10) >= faults + 50);

  burn(3);
  IS(field("/proc/self/stat", 14) + field("/proc/self/stat", 15) >= 3);
  pid_t child = fork();
  if (child == 0) {
    IS(field("/proc/self/stat", 16) == 0 && field("/proc/self/stat", 14) <= 1);
    burn(4);
    _exit(0);
  }
  NEED(waitpid(child, 0, 0) == child);
  IS(field("/proc/self/stat", 16) + field("/proc/self/stat", 17) >= 4);
  double up = strtod(file_of("/proc/uptime"), 0);
  sleep_ms(30);
  IS(strtod(file_of("/proc/uptime"), 0) > up);
  IS(figure("/proc/stat", "btime ") > 0 && figure("/proc/stat", "procs_running ") >= 1);
  double one, five, fifteen;
  int running, all, last;
  NEED(sscanf(file_of("/proc/loadavg"), "%lf %lf %lf %d/%d %d", &one, &five, &fifteen, &running, &all,
              &last) == 6);
  IS(one >= 0 && running >= 1 && all >= running && last >= getpid());

  int memory = open("/proc/self/mem", O_RDONLY);
  NEED(memory >= 0);
  RESULT(pread(memory, text, sizeof mark, (off_t)(uintptr_t)mark));
  say("%s\n", text);
  RESULT(pread(memory, text, 10, 0));
  RESULT(lseek(memory, 4096, SEEK_SET));
  RESULT(lseek(memory, 4096, SEEK_CUR));
  int status = open("/proc/self/status", O_RDONLY);
  RESULT(lseek(status, 6, SEEK_SET));
  RESULT(read(status, text, 9));
  say("%.9s\n", text);
  RESULT(lseek(status, -3, SEEK_CUR));
  RESULT(lseek(status, -100, SEEK_CUR));
  RESULT(lseek(status, 100000, SEEK_SET));
  RESULT(read(status, text, 10));

  pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    if (vfork() == 0) {
      char path[40];
      snprintf(path, sizeof path, "/proc/%d/stat", getppid());
      for (int i = 0; i < 1000 && field(path, 3) != 'D'; i++) sleep_ms(1);
      say("vfork's parent: %c\n", (char)field(path, 3));
      _exit(0);
    }
    _exit(0);
  }
  reap("child", child);
  IS(parent == getpid());
  return 0;
}
