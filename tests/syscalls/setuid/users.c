/* setuid, setreuid, setresuid, setfsuid: what root and what a user may, and the saved id. */
#include "check.h"
#include <sys/fsuid.h>

static void show(const char *what) {
  uid_t real, effective, saved;
  NEED(getresuid(&real, &effective, &saved) == 0);
  say("%s: real %d effective %d saved %d file system %d\n", what, (int)real, (int)effective,
      (int)saved, setfsuid(-1));
}

/* Each in a process of its own, so that it begins as root. */
static void as(const char *what, int (*function)(void)) { reap(what, spawn(function)); }

static int root_setuid(void) {
  RESULT(setuid(1000));
  show("setuid");
  RESULT(setuid(0));
  RESULT(setuid(1000));
  RESULT(setuid(1001));
  RESULT(seteuid(0));
  RESULT(setfsuid(0));
  show("stays");
  return 0;
}

static int temporarily(void) {
  RESULT(seteuid(1000));
  show("seteuid");
  RESULT(setuid(1001));
  RESULT(setuid(0));
  show("setuid back");
  RESULT(seteuid(1000));
  RESULT(setuid(1000));
  show("setuid to the effective");
  return 0;
}

static int reuid(void) {
  RESULT(setreuid(1000, 1001));
  show("setreuid");
  RESULT(setreuid(-1, 1002));
  RESULT(setreuid(1002, -1));
  RESULT(setreuid(1001, -1));
  show("real to effective");
  RESULT(setreuid(-1, 1001));
  RESULT(setreuid(-1, -1));
  show("nothing");
  return 0;
}

static int reuid_swap(void) {
  RESULT(setresuid(1000, 1001, 1000));
  RESULT(setreuid(1001, 1000));
  show("swapped");
  RESULT(setreuid(1000, 1001));
  show("and back");
  RESULT(setreuid(-1, 1000));
  show("effective to real");
  return 0;
}

static int resuid(void) {
  RESULT(setresuid(1000, 1001, 1002));
  show("setresuid");
  RESULT(setresuid(-1, 1002, -1));
  RESULT(setresuid(1002, 1000, 1001));
  show("permuted");
  RESULT(setresuid(1003, -1, -1));
  RESULT(setresuid(-1, 0, -1));
  RESULT(setresuid(-1, -1, 1003));
  show("unchanged");
  return 0;
}

static int fsuid(void) {
  RESULT(setfsuid(1000));
  show("setfsuid");
  RESULT(setfsuid(0));
  RESULT(setresuid(1000, 1001, 1002));
  RESULT(setfsuid(1000));
  RESULT(setfsuid(1002));
  RESULT(setfsuid(1003));
  show("of the ids only");
  RESULT(seteuid(1000));
  show("follows the effective");
  return 0;
}

int main(void) {
  show("first");
  as("setuid", root_setuid);
  as("temporarily", temporarily);
  as("setreuid", reuid);
  as("swap", reuid_swap);
  as("setresuid", resuid);
  as("setfsuid", fsuid);
  RESULT(setuid(-1));
  RESULT(setreuid(-1, -1));
  RESULT(setresuid(-1, -1, -1));
  uid_t id;
  RESULT(getresuid(bad_pointer(), &id, &id));
  RESULT(getresuid(&id, bad_pointer(), &id));
  RESULT(getresuid(&id, &id, bad_pointer()));
  return 0;
}
