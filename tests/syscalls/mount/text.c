/* /proc/self/mounts and mountinfo: names with white space, options, what a bind mount shows. */
#include "check.h"
#include <sys/mount.h>

/* The lines that end in a mount point below /tmp, without numbers of mounts and devices. */
static void show(const char *path) {
  static char text[65536];
  int file = open(path, O_RDONLY);
  NEED(file >= 0);
  size_t length = 0;
  for (ssize_t count; (count = read(file, text + length, sizeof text - 1 - length)) > 0;)
    length += (size_t)count;
  text[length] = 0;
  close(file);
  say("-- %s\n", path);
  for (char *line = strtok(text, "\n"); line; line = strtok(0, "\n")) {
    int used;
    if (!strstr(path, "info")) {
      /* inode64 and the like depend on how a kernel was built. */
      char source[200], point[200], type[50], options[200];
      /* A source may be empty: scanf would pass over it. */
      if (line[0] == ' ') source[0] = 0, used = 0;
      else NEED(sscanf(line, "%199s%n", source, &used) == 1);
      NEED(sscanf(line + used, " %199s %49s %199s", point, type, options) == 3);
      char *end = strstr(options, ",inode");
      if (end) *end = 0;
      if (strncmp(point, "/tmp/", 5)) continue;
      say("%s %s %s %s\n", source, point, type, options);
      continue;
    }
    int id, parent, major, minor;
    NEED(sscanf(line, "%d %d %d:%d %n", &id, &parent, &major, &minor, &used) == 4);
    char root[200], point[200], options[200], dash[20], type[50], source[200], more[200];
    int next;
    NEED(sscanf(line + used, "%199s %199s %199s %19s %49s%n", root, point, options, dash, type,
                &next) == 5);
    used += next;
    if (strcmp(dash, "-")) continue;
    if (line[used + 1] == ' ') source[0] = 0, next = 1;
    else NEED(sscanf(line + used, "%199s%n", source, &next) == 1);
    NEED(sscanf(line + used + next, " %199s", more) == 1);
    char *end = strstr(more, ",inode");
    if (end) *end = 0;
    if (strncmp(point, "/tmp/", 5)) continue;
    say("%d: %s %s %s %s %s %s %s\n", major, root, point, options, dash, type, source, more);
  }
}

int main(void) {
  NEED(mkdir("/tmp/a b", 0755) == 0 && mkdir("/tmp/t\tn\nb\\#", 0755) == 0);
  NEED(mkdir("/tmp/c", 0755) == 0);
  NEED(mount("my source", "/tmp/a b", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=700") == 0);
  NEED(mount("a#b\\c", "/tmp/t\tn\nb\\#", "tmpfs", MS_NOATIME | MS_NOEXEC, "nr_inodes=100") == 0);
  NEED(mkdir("/tmp/a b/d e", 0755) == 0);
  int file = open("/tmp/a b/d e/f", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0);
  NEED(mount("/tmp/a b/d e", "/tmp/c", 0, MS_BIND, 0) == 0);
  NEED(mount("/tmp/a b/d e/f", "/tmp/a b/d e/f", 0, MS_BIND, 0) == 0);
  NEED(mount("", "/tmp/c", "tmpfs", MS_SYNCHRONOUS, "uid=3,gid=4") == 0);
  show("/proc/self/mounts");
  show("/proc/self/mountinfo");
  NEED(mount(0, "/tmp/c", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0) == 0);
  NEED(mount(0, "/tmp/a b", 0, MS_REMOUNT | MS_RDONLY | MS_NOSUID, "size=2m") == 0);
  show("/proc/self/mounts");
  show("/proc/self/mountinfo");
  NEED(umount("/tmp/c") == 0 && umount("/tmp/a b/d e/f") == 0);
  NEED(mkdir("/tmp/x", 0755) == 0 && mkdir("/tmp/x/y", 0755) == 0);
  NEED(mount("moved", "/tmp/x/y", "tmpfs", 0, 0) == 0 && rename("/tmp/x", "/tmp/z") == 0);
  NEED(umount2("/tmp/a b", MNT_DETACH) == 0);
  show("/proc/self/mounts");
  show("/proc/thread-self/mountinfo");
  return 0;
}
