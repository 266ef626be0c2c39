/* sysinfo: figures that agree with each other and with /proc. */
#include "check.h"
#include <sys/sysinfo.h>

/* The figure of a line of /proc/meminfo in bytes. */
static unsigned long meminfo(const char *name) {
  char line[200];
  unsigned long value = 0;
  FILE *file = fopen("/proc/meminfo", "r");
  NEED(file);
  while (fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0) value = strtoul(line + strlen(name), 0, 10);
  fclose(file);
  return value * 1024;
}

int main(void) {
  struct sysinfo info;
  RESULT(sysinfo(&info));
  unsigned long unit = info.mem_unit;
  IS(unit > 0);
  IS(info.totalram * unit == meminfo("MemTotal:"));
  IS(info.freeram <= info.totalram && info.freeram > 0);
  IS(info.totalswap >= info.freeswap);
  IS(info.procs > 0);
  IS(info.uptime >= 0);
  struct timespec now;
  NEED(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  IS(labs(now.tv_sec - info.uptime) <= 2);
  RESULT(syscall(SYS_sysinfo, bad_pointer()));
  return 0;
}
