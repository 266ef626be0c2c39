/* umount2: what is busy, lazy and expiring unmounts, what is no mount point. */
#include "check.h"
#include <sys/mount.h>

static void fresh(void) {
  NEED(mount("none", "m", "tmpfs", 0, 0) == 0 && mkdir("m/d", 0755) == 0);
  int file = open("m/f", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && write(file, "text", 4) == 4 && close(file) == 0);
}

int main(void) {
  char text[300];
  NEED(mkdir("m", 0755) == 0 && mkdir("m/under", 0755) == 0 && symlink("m", "link") == 0);
  memset(text, 'n', sizeof text);
  text[sizeof text - 1] = 0;
  RESULT(umount2("m", 0));
  RESULT(umount2("m/under", 0));
  RESULT(umount2("absent", 0));
  RESULT(umount2("", 0));
  RESULT(umount2(text, 0));
  RESULT(umount2(bad_pointer(), 0));
  RESULT(umount2("m", 0x100));

  fresh();
  RESULT(umount2("m/d", 0));
  RESULT(umount2("m/f", 0));
  RESULT(umount2("m", 0x10));
  int file = open("m/f", O_RDONLY);
  RESULT(umount2("m", 0));
  RESULT(umount2("m", MNT_FORCE | MNT_DETACH | MNT_EXPIRE));
  RESULT(close(file));
  NEED(chdir("m/d") == 0);
  RESULT(umount2("..", 0));
  NEED(chdir("../..") == 0);
  NEED(mount("none", "m/d", "tmpfs", 0, 0) == 0);
  RESULT(umount2("m", 0));
  RESULT(umount2("m/d", 0));
  file = open("m/f", O_PATH);
  RESULT(umount2("m", 0));
  RESULT(close(file));
  RESULT(umount2("link", UMOUNT_NOFOLLOW));
  RESULT(umount2("link", 0));
  RESULT(access("m/under", F_OK));

  /* A mount that is used lives on unseen until nobody uses it. */
  fresh();
  file = open("m/f", O_RDWR);
  int directory = open("m/d", O_RDONLY | O_DIRECTORY);
  NEED(mount("none", "m/d", "tmpfs", 0, 0) == 0);
  RESULT(umount2("m", MNT_DETACH));
  RESULT(access("m/under", F_OK));
  RESULT(pread(file, text, sizeof text, 0));
  RESULT(pwrite(file, "more", 4, 4));
  RESULT(mkdirat(directory, "new", 0755));
  RESULT(openat(directory, "../f", O_RDONLY));
  RESULT(faccessat(directory, "../../m", F_OK, 0));
  NEED(fchdir(directory) == 0);
  errno = 0;
  say("getcwd %s\n", syscall(SYS_getcwd, text, sizeof text) < 0 ? error_name(errno) : text);
  RESULT(umount2("..", 0));
  NEED(chdir("/tmp") == 0);

  /* MNT_EXPIRE: the first call marks, use takes the mark away. */
  fresh();
  RESULT(umount2("m", MNT_EXPIRE | MNT_DETACH));
  RESULT(umount2("m", MNT_EXPIRE | MNT_FORCE));
  RESULT(umount2("m", MNT_EXPIRE));
  RESULT(access("m/f", F_OK));
  RESULT(umount2("m", MNT_EXPIRE));
  file = open("m/f", O_RDONLY);
  RESULT(umount2("m", MNT_EXPIRE));
  NEED(close(file) == 0);
  RESULT(umount2("m", MNT_EXPIRE));
  RESULT(umount2("m", MNT_EXPIRE));
  RESULT(umount2("m", MNT_EXPIRE));

  /* A descriptor of a mount point keeps showing what is mounted there from its own side. */
  directory = open("m", O_RDONLY | O_DIRECTORY);
  fresh();
  RESULT(faccessat(directory, "under", F_OK, 0));
  RESULT(faccessat(directory, "f", F_OK, 0));
  RESULT(umount("m"));
  return 0;
}
