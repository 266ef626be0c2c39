/* Set-user-ID and set-group-ID programs: ids, AT_SECURE, capabilities, dumpable, saved ids; not
 * for scripts, not with no_new_privs, not on a nosuid mount.
 * qemu differs: the kernel takes the ids of the interpreter, which is qemu. */
#include "check.h"
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>

static const char *self;

static void show(void) {
  uid_t r, e, s;
  gid_t gr, ge, gs;
  getresuid(&r, &e, &s);
  getresgid(&gr, &ge, &gs);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  syscall(SYS_capget, &header, data);
  int death = 0;
  prctl(PR_GET_PDEATHSIG, &death);
  say("  users %d %d %d %d groups %d %d %d %d, secure %ld, capabilities %s %s, dumpable %d, "
      "death signal %d\n",
      (int)r, (int)e, (int)s, setfsuid(-1), (int)gr, (int)ge, (int)gs, setfsgid(-1),
      getauxval(AT_SECURE), data[0].effective ? "effective" : "none",
      data[0].permitted ? "permitted" : "none", prctl(PR_GET_DUMPABLE), death);
  IS(getauxval(AT_UID) == r && getauxval(AT_EUID) == e && getauxval(AT_GID) == gr &&
     getauxval(AT_EGID) == ge);
}

static void copy_to(const char *path, uid_t user, gid_t group, mode_t mode) {
  static char buffer[65536];
  int from = open(self, O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
  NEED(from >= 0 && to >= 0);
  for (ssize_t count; (count = read(from, buffer, sizeof buffer)) > 0;) {
    NEED(write(to, buffer, count) == count);
  }
  close(from);
  NEED(fchown(to, user, group) == 0 && fchmod(to, mode) == 0);
  close(to);
}

static void run(const char *what, const char *path, uid_t user, int no_new_privileges) {
  say("%s\n", what);
  pid_t child = fork();
  if (child == 0) {
    char *list[] = {(char *)path, "show", 0};
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    NEED(setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    if (no_new_privileges) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    execv(path, list);
    say("  execv: %s\n", error_name(errno));
    _exit(0);
  }
  reap("  done", child);
}

int main(int count, char **arguments) {
  if (count > 1) {
    show();
    return 0;
  }
  self = arguments[0];
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  copy_to("plain", 0, 0, 0755);
  run("plain", "./plain", 1000, 0);
  run("plain, by root", "./plain", 0, 0);
  copy_to("user", 1001, 1002, 04755);
  run("set-user-ID", "./user", 1000, 0);
  run("set-user-ID, by root", "./user", 0, 0);
  run("set-user-ID, by its owner", "./user", 1001, 0);
  run("set-user-ID with no_new_privs", "./user", 1000, 1);
  copy_to("group", 1001, 1002, 02755);
  run("set-group-ID", "./group", 1000, 0);
  copy_to("group_only", 1001, 1002, 02745);
  run("set-group-ID without the group's x", "./group_only", 1000, 0);
  copy_to("both", 1001, 1002, 06755);
  run("both", "./both", 1000, 0);
  copy_to("root", 0, 0, 04755);
  run("set-user-ID root", "./root", 1000, 0);
  copy_to("closed", 1001, 1002, 04750);
  run("closed to others", "./closed", 1000, 0);

  int script = open("script", O_WRONLY | O_CREAT, 0755);
  NEED(script >= 0 && write(script, "#! ./plain show\n", 16) == 16);
  NEED(fchown(script, 1001, 1002) == 0 && fchmod(script, 06755) == 0);
  close(script);
  run("script", "./script", 1000, 0);

  NEED(mkdir("mount", 0755) == 0);
  NEED(mount("tmpfs", "mount", "tmpfs", MS_NOSUID, 0) == 0);
  copy_to("mount/user", 1001, 1002, 06755);
  run("nosuid", "mount/user", 1000, 0);
  NEED(mount(0, "mount", 0, MS_REMOUNT | MS_NOEXEC, 0) == 0);
  run("noexec", "mount/user", 1000, 0);
  NEED(umount("mount") == 0);

  /* A change of owner takes the bits away. */
  struct stat status;
  NEED(chown("both", 1003, -1) == 0 && stat("both", &status) == 0);
  say("after chown: %04o\n", status.st_mode & 07777);
  return 0;
}
