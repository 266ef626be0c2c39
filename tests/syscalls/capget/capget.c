/* capget, capset: versions, sets that grow and shrink, who may, and what a change of user does. */
#include "check.h"
#include <linux/capability.h>
#include <sys/prctl.h>

enum { KILL = 1 << CAP_KILL, CHOWN = 1 << CAP_CHOWN, SETPCAP = 1 << CAP_SETPCAP };
static struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct data[2];

static long get(void) {
  memset(data, 0, sizeof data);
  return syscall(SYS_capget, &header, data);
}
static long set(unsigned effective, unsigned permitted, unsigned inheritable) {
  memset(data, 0, sizeof data);
  data[0].effective = effective;
  data[0].permitted = permitted;
  data[0].inheritable = inheritable;
  return syscall(SYS_capset, &header, data);
}
static void show(const char *what) {
  NEED(get() == 0);
  say("%s: effective %s permitted %s inheritable %x\n", what,
      data[0].effective == ~0U ? "all" : data[0].effective ? "some" : "none",
      data[0].permitted == ~0U ? "all" : data[0].permitted ? "some" : "none",
      data[0].inheritable);
}

static int shrinks(void) {
  RESULT(set(KILL, KILL | CHOWN, 0));
  RESULT(get());
  say("%x %x %x\n", data[0].effective, data[0].permitted, data[0].inheritable);
  RESULT(set(CHOWN, KILL | CHOWN, 0));
  RESULT(set(KILL, CHOWN, 0));
  RESULT(set(0, KILL | CHOWN | SETPCAP, 0));
  RESULT(set(0, KILL, KILL));
  RESULT(set(0, KILL, CHOWN));
  RESULT(set(0, 0, KILL));
  RESULT(set(0, KILL, 0));
  RESULT(kill(1, 0));
  RESULT(setuid(1000));
  return 0;
}

static int drops(void) {
  NEED(setresuid(1000, 1000, 1000) == 0);
  show("setresuid");
  RESULT(set(KILL, KILL, 0));
  return 0;
}
static int only_effective(void) {
  NEED(seteuid(1000) == 0);
  show("seteuid");
  NEED(seteuid(0) == 0);
  show("and back");
  return 0;
}
static int keeps(void) {
  RESULT(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
  RESULT(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
  NEED(setresuid(1000, 1000, 1000) == 0);
  show("with PR_SET_KEEPCAPS");
  RESULT(set(KILL, KILL, 0));
  RESULT(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
  return 0;
}
static int file_system(void) {
  NEED(syscall(SYS_setfsuid, 1000) == 0);
  NEED(get() == 0);
  say("setfsuid: CAP_CHOWN %d CAP_KILL %d\n", !!(data[0].effective & CHOWN),
      !!(data[0].effective & KILL));
  syscall(SYS_setfsuid, 0);
  NEED(get() == 0);
  say("and back: CAP_CHOWN %d CAP_KILL %d\n", !!(data[0].effective & CHOWN),
      !!(data[0].effective & KILL));
  return 0;
}
static int bounding(void) {
  RESULT(prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0));
  RESULT(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0));
  RESULT(prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0));
  RESULT(prctl(PR_CAPBSET_READ, 99, 0, 0, 0));
  RESULT(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0));
  RESULT(set(CHOWN | SETPCAP, CHOWN | SETPCAP, CHOWN));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETPCAP, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 1, 0));
  RESULT(prctl(PR_CAP_AMBIENT, 9, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
  RESULT(set(SETPCAP, SETPCAP, CHOWN));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
  RESULT(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  RESULT(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_SECUREBITS, 4, 0, 0, 0));
  RESULT(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  RESULT(prctl(PR_SET_SECUREBITS, 0x1000, 0, 0, 0));
  RESULT(set(0, 0, 0));
  RESULT(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
  RESULT(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0));
  return 0;
}

int main(void) {
  show("root");
  reap("shrinks", spawn(shrinks));
  reap("drops", spawn(drops));
  reap("only the effective user", spawn(only_effective));
  reap("keeps", spawn(keeps));
  reap("file-system user", spawn(file_system));
  reap("bounding set", spawn(bounding));
  header.version = 7;
  RESULT(syscall(SYS_capget, &header, data));
  IS(header.version == _LINUX_CAPABILITY_VERSION_3);
  header.version = 7;
  RESULT(syscall(SYS_capget, &header, 0));
  header.version = 7;
  RESULT(syscall(SYS_capset, &header, data));
  header.version = _LINUX_CAPABILITY_VERSION_1;
  RESULT(syscall(SYS_capget, &header, data));
  header.version = _LINUX_CAPABILITY_VERSION_3;
  RESULT(syscall(SYS_capget, &header, 0));
  header.pid = 1 << 29;
  RESULT(syscall(SYS_capget, &header, data));
  header.pid = -1;
  RESULT(syscall(SYS_capget, &header, data));
  header.pid = getppid();
  RESULT(set(0, 0, 0));
  header.pid = getpid();
  RESULT(get());
  RESULT(syscall(SYS_capset, &header, data));
  header.pid = 0;
  RESULT(syscall(SYS_capget, bad_pointer(), data));
  RESULT(syscall(SYS_capget, &header, bad_pointer()));
  RESULT(syscall(SYS_capset, bad_pointer(), data));
  RESULT(syscall(SYS_capset, &header, bad_pointer()));
  return 0;
}
