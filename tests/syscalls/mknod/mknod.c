/* mknod: types, who may make what, refusals. A namespace's root may make no device, so the
 * privileged part of it is not here. */
#include "check.h"

static void show(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) say("%s: %s\n", path, error_name(errno));
  else say("%s: mode %o, links %ld, size %ld\n", path, status.st_mode, (long)status.st_nlink,
           (long)status.st_size);
}

static int as_user(void) {
  NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(mknod("wide/c", S_IFCHR | 0666, 0x103));
  RESULT(mknod("wide/b", S_IFBLK | 0666, 0x801));
  RESULT(mknod("wide/there", S_IFCHR | 0666, 0x103));
  RESULT(mknod("closed/c", S_IFCHR | 0666, 0x103));
  RESULT(mknod("closed/f", S_IFIFO | 0666, 0));
  RESULT(mknod("wide/white", S_IFCHR, 0));
  RESULT(mknod("wide/fifo", S_IFIFO | 0666, 0));
  RESULT(mknod("wide/file", S_IFREG | 04755, 0));
  RESULT(mknod("wide/plain", 0644, 0));
  RESULT(mknod("wide/socket", S_IFSOCK | 0644, 0));
  show("wide/fifo");
  show("wide/file");
  show("wide/plain");
  show("wide/socket");
  RESULT(open("wide/socket", O_RDONLY));
  return 0;
}

int main(void) {
  umask(022);
  NEED(mkdir("wide", 0755) == 0 && chmod("wide", 0777) == 0 && mkdir("closed", 0755) == 0);
  RESULT(mknod("wide/there", S_IFREG | 0644, 0));
  RESULT(mknod("wide/there", S_IFIFO | 0644, 0));
  RESULT(mknod("wide/d", S_IFDIR | 0755, 0));
  RESULT(mknod("wide/l", S_IFLNK | 0777, 0));
  RESULT(mknod("wide/x", S_IFMT | 0777, 0));
  RESULT(mknod("wide/x/", S_IFREG | 0644, 0));
  RESULT(mknod("absent/x", S_IFREG | 0644, 0));
  RESULT(mknod("wide/there/x", S_IFREG | 0644, 0));
  RESULT(mknod("", S_IFREG | 0644, 0));
  RESULT(mknod(".", S_IFREG | 0644, 0));
  RESULT(mknod(bad_pointer(), S_IFREG | 0644, 0));
  RESULT(mknodat(99, "x", S_IFREG | 0644, 0));
  reap("uid 1000", spawn(as_user));
  return 0;
}
