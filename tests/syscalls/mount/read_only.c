/* Read-only mounts: every change is EROFS; a bind mount alone can be read-only. */
#include "check.h"
#include <sys/mount.h>

static void changes(const char *what) {
  struct timespec times[2] = {{1, 0}, {2, 0}};
  say("-- %s\n", what);
  RESULT(open("d/new", O_CREAT | O_WRONLY, 0644));
  RESULT(open("d/file", O_WRONLY));
  RESULT(open("d/file", O_RDWR));
  RESULT(open("d/file", O_RDONLY | O_TRUNC));
  RESULT(open("d/absent", O_RDONLY));
  RESULT(open("d/file", O_CREAT | O_EXCL | O_WRONLY, 0644));
  RESULT(open("d", O_TMPFILE | O_RDWR, 0600));
  RESULT(mkdir("d/new", 0755));
  RESULT(mkdir("d/dir", 0755));
  RESULT(mknod("d/new", S_IFIFO | 0644, 0));
  RESULT(symlink("x", "d/new"));
  RESULT(link("d/file", "d/new"));
  RESULT(link("d/file", "d/dir"));
  RESULT(unlink("d/file"));
  RESULT(unlink("d/absent"));
  RESULT(unlink("d/dir"));
  RESULT(rmdir("d/dir"));
  RESULT(rmdir("d/absent"));
  RESULT(rename("d/file", "d/new"));
  RESULT(rename("d/absent", "d/new"));
  RESULT(chmod("d/file", 0600));
  RESULT(chown("d/file", 1, 1));
  RESULT(truncate("d/file", 0));
  RESULT(utimensat(AT_FDCWD, "d/file", times, 0));
  RESULT(utimensat(AT_FDCWD, "d/file", 0, 0));
  RESULT(access("d/file", W_OK));
  RESULT(access("d/file", R_OK));
  RESULT(access("d", W_OK));
  RESULT(access("d/fifo", W_OK));
  int file = open("d/file", O_RDONLY);
  RESULT(fchmod(file, 0600));
  RESULT(fchown(file, 1, 1));
  RESULT(futimens(file, times));
  char byte;
  RESULT(read(file, &byte, 1));
  RESULT(close(file));
  /* Pipes and devices are not the file system's. */
  file = open("d/fifo", O_RDWR | O_NONBLOCK);
  RESULT(write(file, "x", 1));
  RESULT(close(file));
}

int main(void) {
  umask(0);
  NEED(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
  NEED(mount("none", "d", "tmpfs", 0, 0) == 0);
  int file = open("d/file", O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && write(file, "abc", 3) == 3 && mkdir("d/dir", 0755) == 0);
  NEED(mkfifo("d/fifo", 0666) == 0);

  /* Not while somebody can write. */
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_RDONLY, 0));
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
  NEED(close(file) == 0);
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_RDONLY, 0));
  changes("the file system");
  RESULT(mount(0, "d", 0, MS_REMOUNT, 0));
  RESULT(chmod("d/file", 0644));
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
  changes("the mount");
  RESULT(mount("d", "e", 0, MS_BIND, 0));
  RESULT(chmod("e/file", 0600));
  RESULT(mount(0, "e", 0, MS_REMOUNT | MS_BIND, 0));
  RESULT(chmod("e/file", 0640));
  RESULT(chmod("d/file", 0600));
  RESULT(umount("e"));

  /* With both read-only, remounting the file system makes both writable. */
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_RDONLY, 0));
  RESULT(mount(0, "d", 0, MS_REMOUNT | MS_BIND, 0));
  RESULT(chmod("d/file", 0600));
  RESULT(mount(0, "d", 0, MS_REMOUNT, 0));
  RESULT(chmod("d/file", 0600));
  RESULT(umount("d"));
  RESULT(mount("none", "d", "tmpfs", MS_RDONLY, 0));
  RESULT(mkdir("d/x", 0755));
  RESULT(umount("d"));

  /* A bind mount is as writable as what it shows, whatever its own flag says at first. */
  NEED(mkdir("e/x", 0755) == 0);
  RESULT(mount("e", "d", 0, MS_BIND | MS_RDONLY, 0));
  RESULT(mkdir("d/y", 0755));
  RESULT(mount(0, "d", 0, MS_BIND | MS_REMOUNT | MS_RDONLY, 0));
  RESULT(mkdir("d/z", 0755));
  RESULT(mkdir("e/z", 0755));
  RESULT(rename("d/z", "d/w"));
  RESULT(rename("d/z", "e/w"));
  RESULT(umount("d"));
  return 0;
}
