/* chroot: what is the root for names, ".." and links; the working directory stays. */
#include "check.h"

static void where(void) {
  char text[300];
  long length = syscall(SYS_getcwd, text, sizeof text);
  say("cwd %s\n", length < 0 ? error_name(errno) : text);
}

int main(void) {
  NEED(mkdir("jail", 0755) == 0 && mkdir("jail/in", 0755) == 0 && mkdir("jail/in/deep", 0755) == 0);
  NEED(mkdir("jail/closed", 0600) == 0 && mkdir("outside", 0755) == 0);
  int file = open("jail/file", O_CREAT | O_RDWR, 0644);
  NEED(file >= 0 && close(file) == 0);
  NEED(symlink("/in", "jail/absolute") == 0 && symlink("../../../file", "jail/in/up") == 0);
  RESULT(chroot("absent"));
  RESULT(chroot("jail/file"));
  RESULT(chroot("jail/file/x"));
  RESULT(chroot(""));
  RESULT(chroot(bad_pointer()));
  int outside = open("outside", O_RDONLY | O_DIRECTORY);
  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    RESULT(chroot("jail"));
    RESULT(chroot("absent"));
    RESULT(chroot("jail/closed"));
    _exit(0);
  }
  reap("uid 1000", child);
  child = fork();
  if (child == 0) {
    RESULT(chroot("jail"));
    where();
    RESULT(access("jail", F_OK));
    RESULT(access("/file", F_OK));
    RESULT(access("/../file", F_OK));
    RESULT(access("/in/../../../file", F_OK));
    RESULT(access("/absolute/deep", F_OK));
    RESULT(access("/in/up", F_OK));
    RESULT(access("/outside", F_OK));
    RESULT(chdir("/in/deep"));
    where();
    RESULT(chdir("../../../../.."));
    where();
    RESULT(faccessat(outside, "../jail", F_OK, 0));
    RESULT(fchdir(outside));
    where();
    RESULT(chdir(".."));
    RESULT(access("jail", F_OK));
    RESULT(chroot("/in"));
    RESULT(access("/deep", F_OK));
    RESULT(access("/file", F_OK));
    _exit(0);
  }
  reap("jailed", child);
  RESULT(access("/tmp/jail/file", F_OK));
  where();
  return 0;
}
