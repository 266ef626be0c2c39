/* access and the permission checks of open, as root and as another user. */
#include "check.h"

static void check(const char *who) {
  say("as %s\n", who);
  RESULT(access("closed", R_OK));
  RESULT(access("closed", X_OK));
  RESULT(access("readable", R_OK));
  RESULT(access("readable", W_OK));
  RESULT(access("readable", R_OK | W_OK));
  RESULT(access("program", X_OK));
  RESULT(access("private/file", F_OK));
  RESULT(access("absent", F_OK));
  RESULT(access("", F_OK));
  RESULT(access("readable", 8));
  RESULT(access(bad_pointer(), F_OK));
  RESULT(access("readable/x", F_OK));
  int file = open("closed", O_RDONLY);
  if (file < 0) say("open closed: %s\n", error_name(errno));
  file = open("readable", O_WRONLY);
  if (file < 0) say("open readable for writing: %s\n", error_name(errno));
  file = open("private/new", O_CREAT | O_WRONLY, 0644);
  if (file < 0) say("create in private: %s\n", error_name(errno));
  else unlink("private/new");
}

int main(void) {
  umask(0);
  NEED(mkdir("area", 0755) == 0 && chdir("area") == 0);
  close(open("closed", O_CREAT | O_RDWR, 0000));
  close(open("readable", O_CREAT | O_RDWR, 0444));
  close(open("program", O_CREAT | O_RDWR, 0711));
  NEED(mkdir("private", 0700) == 0 && mkdir("sticky", 01777) == 0);
  close(open("private/file", O_CREAT | O_RDWR, 0666));
  close(open("sticky/roots", O_CREAT | O_RDWR, 0666));
  int file = open("closed", O_RDWR);
  check("root");
  pid_t child = fork();
  if (child == 0) {
    NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    check("uid 1000");
    RESULT(write(file, "still open", 10));
    RESULT(chmod("readable", 0777));
    RESULT(chown("readable", 1000, 1000));
    RESULT(unlink("readable"));
    RESULT(unlink("sticky/roots"));
    RESULT(chdir("private"));
    int own = open("sticky/own", O_CREAT | O_RDWR, 0644);
    IS(own >= 0);
    struct stat status;
    NEED(fstat(own, &status) == 0);
    say("owner %d:%d\n", (int)status.st_uid, (int)status.st_gid);
    RESULT(chmod("sticky/own", 0));
    RESULT(open("sticky/own", O_RDONLY));
    RESULT(unlink("sticky/own"));
    RESULT(setresuid(0, 0, 0));
    RESULT(setuid(0));
    RESULT(getuid());
    RESULT(geteuid());
    _exit(0);
  }
  reap("uid 1000", child);
  return 0;
}
