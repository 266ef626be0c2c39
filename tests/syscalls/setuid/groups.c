/* setgid, setregid, setresgid, setfsgid, setgroups, getgroups: as root, and without the right. */
#include "check.h"
#include <grp.h>
#include <sys/fsuid.h>

static void show(const char *what) {
  gid_t real, effective, saved;
  NEED(getresgid(&real, &effective, &saved) == 0);
  say("%s: real %d effective %d saved %d file system %d\n", what, (int)real, (int)effective,
      (int)saved, setfsgid(-1));
}

static void show_list(const char *what) {
  gid_t list[64];
  int count = getgroups(64, list);
  say("%s: %d groups:", what, count);
  for (int i = 0; i < count; i++) say(" %d", (int)list[i]);
  say("\n");
}

static int root(void) {
  RESULT(setregid(1000, 1001));
  show("setregid");
  RESULT(setgid(1005));
  show("setgid sets all");
  RESULT(setresgid(1, 2, 3));
  show("setresgid");
  RESULT(setfsgid(9));
  show("setfsgid");
  return 0;
}

static int user(void) {
  NEED(setresgid(1000, 1001, 1002) == 0 && setresuid(1000, 1000, 1000) == 0);
  RESULT(setgid(1001));
  RESULT(setgid(1002));
  show("setgid to the saved");
  RESULT(setgid(0));
  RESULT(setregid(-1, 1000));
  RESULT(setregid(1001, -1));
  RESULT(setregid(1002, -1));
  RESULT(setresgid(1002, 1000, 1002));
  RESULT(setresgid(-1, 7, -1));
  RESULT(setresgid(7, -1, -1));
  RESULT(setresgid(-1, -1, 7));
  show("as it is");
  RESULT(setfsgid(7));
  show("setfsgid refused");
  gid_t list[2] = {5, 6};
  RESULT(setgroups(2, list));
  RESULT(setgroups(0, 0));
  return 0;
}

int main(void) {
  reap("root", spawn(root));
  reap("user", spawn(user));
  gid_t list[] = {30, 10, 20, 10}, few[2];
  RESULT(setgroups(4, list));
  show_list("given in disorder");
  RESULT(getgroups(0, 0));
  RESULT(getgroups(0, bad_pointer()));
  RESULT(getgroups(2, few));
  RESULT(getgroups(-1, few));
  RESULT(syscall(SYS_getgroups, 4, bad_pointer()));
  RESULT(syscall(SYS_setgroups, 4, bad_pointer()));
  RESULT(syscall(SYS_setgroups, 65537, list));
  RESULT(syscall(SYS_setgroups, -1, list));
  show_list("unchanged");
  pid_t child = fork();
  if (child == 0) {
    show_list("inherited");
    _exit(0);
  }
  reap("child", child);
  RESULT(setgroups(0, 0));
  show_list("none");
  RESULT(setgid(-1));
  RESULT(setregid(-1, -1));
  gid_t id;
  RESULT(getresgid(bad_pointer(), &id, &id));
  RESULT(getresgid(&id, bad_pointer(), &id));
  RESULT(getresgid(&id, &id, bad_pointer()));
  return 0;
}
