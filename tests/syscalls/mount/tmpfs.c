/* mount of tmpfs: it hides what is below, has nodes, limits and a device of its own, and what was
 * below is back when it is gone. */
#include "check.h"
#include <sys/mount.h>
#include <sys/statfs.h>

static void put(const char *path, long length) {
  static char text[65536];
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file < 0) {
    say("create %s: %s\n", path, error_name(errno));
    return;
  }
  long done = 0;
  while (done < length) {
    long chunk = length - done < (long)sizeof text ? length - done : (long)sizeof text;
    long count = write(file, text, (size_t)chunk);
    if (count < 0) {
      say("write %s: %s\n", path, error_name(errno));
      break;
    }
    done += count;
  }
  say("%s has %ld bytes\n", path, done);
  close(file);
}

static dev_t device_of(const char *path) {
  struct stat status;
  NEED(stat(path, &status) == 0);
  return status.st_dev;
}

static void show(const char *path) {
  struct statfs figures;
  NEED(statfs(path, &figures) == 0);
  say("%s: %ld of %ld blocks free, %ld of %ld nodes\n", path, (long)figures.f_bfree,
      (long)figures.f_blocks, (long)figures.f_ffree, (long)figures.f_files);
}

int main(void) {
  umask(0);
  NEED(mkdir("one", 0755) == 0 && mkdir("two", 0755) == 0);
  put("one/below", 5);
  dev_t outer = device_of(".");
  RESULT(mount("none", "one", "tmpfs", 0, "size=64k,nr_inodes=8,mode=751,uid=5,gid=6"));
  RESULT(mount("none", "two", "tmpfs", 0, "size=1m,nr_inodes=2k"));
  RESULT(access("one/below", F_OK));
  IS(device_of("one") != outer);
  IS(device_of("one") != device_of("two"));
  struct stat status;
  NEED(stat("one", &status) == 0);
  say("mode %o, owner %d:%d, links %ld\n", status.st_mode, (int)status.st_uid, (int)status.st_gid,
      (long)status.st_nlink);
  NEED(stat("two", &status) == 0);
  say("mode %o\n", status.st_mode);
  show("one");
  put("one/small", 1);
  show("one");
  put("one/large", 100000);
  show("one");
  put("one/none", 1);
  RESULT(unlink("one/large"));
  show("one");
  for (int i = 0; i < 8; i++) {
    char path[32];
    snprintf(path, sizeof path, "one/d%d", i);
    if (mkdir(path, 0755) < 0) say("mkdir %s: %s\n", path, error_name(errno));
  }
  show("one");
  RESULT(symlink("x", "one/link"));
  RESULT(link("one/small", "one/same"));
  RESULT(rename("one/small", "one/other"));
  RESULT(rename("one/other", "two/other"));
  RESULT(link("one/other", "two/other"));
  put("two/file", 1048576);
  show("two");
  RESULT(truncate("two/file", 4096));
  show("two");

  /* Limits can grow, and shrink to what is used. */
  RESULT(mount("none", "two", 0, MS_REMOUNT, "size=2m"));
  RESULT(mount("none", "two", 0, MS_REMOUNT, "nr_inodes=10"));
  show("two");
  RESULT(mount("none", "one", 0, MS_REMOUNT, "nr_inodes=2"));
  put("two/more", 20000);
  RESULT(mount("none", "two", 0, MS_REMOUNT, "size=4k"));

  /* A new instance begins empty; several lie over each other. */
  RESULT(umount("two"));
  RESULT(access("two/file", F_OK));
  RESULT(mount("none", "two", "tmpfs", 0, "size=0"));
  RESULT(access("two/file", F_OK));
  put("two/first", 1);
  RESULT(mount("none", "two", "tmpfs", 0, 0));
  RESULT(access("two/first", F_OK));
  RESULT(umount("two"));
  RESULT(access("two/first", F_OK));
  RESULT(umount("two"));
  RESULT(umount("two"));
  RESULT(umount("one"));
  RESULT(access("one/below", F_OK));
  RESULT(access("one/same", F_OK));
  return 0;
}
