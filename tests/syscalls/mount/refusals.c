/* mount: every refusal, as root and as another user. */
#include "check.h"
#include <sys/mount.h>

int main(void) {
  char name[300], path[5000];
  memset(name, 'n', sizeof name);
  name[sizeof name - 1] = 0;
  memset(path, '/', sizeof path);
  path[sizeof path - 1] = 0;
  NEED(mkdir("folder", 0755) == 0 && mkdir("folder/below", 0755) == 0);
  int file = open("file", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0 && symlink("loop", "loop") == 0);

  RESULT(mount("none", "folder", "nosuchtype", 0, 0));
  RESULT(mount("none", "folder", "", 0, 0));
  RESULT(mount("none", "folder", 0, 0, 0));
  RESULT(mount("none", "file", "tmpfs", 0, 0));
  RESULT(mount("none", "absent", "tmpfs", 0, 0));
  RESULT(mount("none", "", "tmpfs", 0, 0));
  RESULT(mount("none", "file/x", "tmpfs", 0, 0));
  RESULT(mount("none", "loop", "tmpfs", 0, 0));
  RESULT(mount("none", name, "tmpfs", 0, 0));
  RESULT(mount("none", path, "tmpfs", 0, 0));
  RESULT(mount("none", 0, "tmpfs", 0, 0));
  RESULT(mount("none", bad_pointer(), "tmpfs", 0, 0));
  RESULT(mount(bad_pointer(), "folder", "tmpfs", 0, 0));
  RESULT(mount("none", "folder", bad_pointer(), 0, 0));
  RESULT(mount("none", "folder", "tmpfs", 0, bad_pointer()));
  RESULT(mount("none", "folder", "tmpfs", 0, "nosuchoption"));
  RESULT(mount("none", "folder", "tmpfs", 0, "size=x"));
  RESULT(mount("none", "folder", "tmpfs", 0, "mode=9"));
  RESULT(mount("none", "folder", "tmpfs", 0, "nr_inodes=x"));

  /* What is not a mount point can be neither changed nor moved. */
  RESULT(mount("none", "folder", 0, MS_REMOUNT, 0));
  RESULT(mount("none", "folder", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
  RESULT(mount(0, "folder", 0, MS_PRIVATE, 0));
  RESULT(mount("folder", "folder/below", 0, MS_MOVE, 0));
  RESULT(mount(0, "folder", 0, MS_BIND, 0));
  RESULT(mount("", "folder", 0, MS_BIND, 0));
  RESULT(mount("absent", "folder", 0, MS_BIND, 0));
  RESULT(mount("file", "folder", 0, MS_BIND, 0));
  RESULT(mount("folder", "file", 0, MS_BIND, 0));

  NEED(mount("none", "folder", "tmpfs", 0, 0) == 0);
  RESULT(mount(0, "folder", 0, MS_PRIVATE | MS_SHARED, 0));
  RESULT(mount(0, "folder", 0, MS_PRIVATE | MS_NOSUID, 0));
  RESULT(mount(0, "folder", 0, MS_PRIVATE, 0));
  RESULT(mount(0, "folder", 0, MS_UNBINDABLE, 0));
  NEED(mkdir("folder/a", 0755) == 0 && mkdir("folder/b", 0755) == 0);
  RESULT(mount("folder/a", "folder/b", 0, MS_BIND, 0));
  RESULT(mount(0, "folder", 0, MS_PRIVATE, 0));
  RESULT(mount("folder", "folder/a", 0, MS_MOVE, 0));
  RESULT(mount(0, "folder/a", 0, MS_MOVE, 0));
  RESULT(mount("none", "folder", 0, MS_REMOUNT, "nosuchoption"));
  RESULT(umount("folder"));

  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    RESULT(mount("none", "folder", "tmpfs", 0, 0));
    RESULT(mount("none", "folder", "nosuchtype", 0, 0));
    RESULT(mount("folder", "folder", 0, MS_BIND, 0));
    RESULT(mount("none", "absent", "tmpfs", 0, 0));
    RESULT(umount2("folder", 0));
    RESULT(umount2("absent", 0));
    RESULT(syscall(SYS_pivot_root, "folder", "folder/below"));
    RESULT(chroot("folder"));
    _exit(0);
  }
  reap("uid 1000", child);
  return 0;
}
