/* A full file system: what fits is written, then ENOSPC; holes and removals give space back. */
#include "check.h"
#include <sys/mount.h>
#include <sys/statfs.h>

static char bytes[100000];

static void show_free(void) {
  struct statfs about;
  NEED(statfs("small", &about) == 0);
  say("free %ld of %ld\n", (long)about.f_bfree, (long)about.f_blocks);
}

int main(void) {
  NEED(mkdir("small", 0755) == 0);
  NEED(mount("tmpfs", "small", "tmpfs", 0, "size=40960,nr_inodes=6") == 0);
  show_free();
  int fd = open("small/file", O_RDWR | O_CREAT, 0600);
  RESULT(write(fd, bytes, 5000));
  show_free();
  RESULT(fallocate(fd, 0, 0, 20000));
  show_free();
  RESULT(fallocate(fd, 0, 0, 50000));
  show_free();
  RESULT(pwrite(fd, bytes, 100000, 16384));
  RESULT(pwrite(fd, bytes, 1, 1000000));
  RESULT(pwrite(fd, bytes, 100, 100));
  show_free();
  RESULT(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8192));
  show_free();
  RESULT(pwrite(fd, bytes, 1, 1000000));
  RESULT(pwrite(fd, bytes, 8192, 0));
  RESULT(pwrite(fd, bytes, 4096, 4096));
  RESULT(ftruncate(fd, 4096));
  show_free();
  RESULT(ftruncate(fd, 100000000));
  show_free();
  RESULT(mkdir("small/a", 0700));
  RESULT(symlink("x", "small/b"));
  RESULT(mknod("small/c", S_IFREG | 0600, 0));
  RESULT(mkfifo("small/d", 0600));
  RESULT(open("small/e", O_RDWR | O_CREAT, 0600));
  RESULT(unlink("small/b"));
  RESULT(mkfifo("small/d", 0600));
  RESULT(unlink("small/file"));
  show_free();
  close(fd);
  show_free();
  RESULT(umount("small"));
  return 0;
}
