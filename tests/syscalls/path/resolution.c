/* How a path is resolved: links, loops, lengths, slashes, dots, what stands in the middle. */
#include "check.h"

static void put(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0 && close(file) == 0);
}

int main(void) {
  struct stat status;
  char text[5000];
  put("file");
  NEED(mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0);
  put("dir/f");
  NEED(symlink("file", "tofile") == 0 && symlink("dir", "todir") == 0);
  NEED(symlink("dir/", "todirslash") == 0 && symlink("file/", "tofileslash") == 0);
  NEED(symlink("nowhere", "dangling") == 0 && symlink("/tmp/dir/../dir/f", "absolute") == 0);
  NEED(symlink("sub/../f", "dir/local") == 0 && symlink(".", "dot") == 0);
  NEED(symlink("two", "one") == 0 && symlink("one", "two") == 0 && symlink("self/x", "self") == 0);

  RESULT(stat("", &status));
  RESULT(stat("file/", &status));
  RESULT(stat("file/.", &status));
  RESULT(stat("file/..", &status));
  RESULT(stat("file/x", &status));
  RESULT(stat("absent", &status));
  RESULT(stat("absent/", &status));
  RESULT(stat("absent/x", &status));
  RESULT(stat("absent/..", &status));
  RESULT(stat("dir//sub///", &status));
  RESULT(stat("./dir/./sub/../f", &status));
  RESULT(stat("//tmp//dir", &status));
  RESULT(stat("/../../tmp/dir", &status));
  RESULT(stat("tofile", &status));
  RESULT(stat("tofile/", &status));
  RESULT(stat("tofile/x", &status));
  RESULT(stat("todir/", &status));
  RESULT(stat("todir/f", &status));
  RESULT(stat("todirslash", &status));
  RESULT(stat("todirslash/f", &status));
  RESULT(stat("tofileslash", &status));
  RESULT(stat("dangling", &status));
  RESULT(stat("dangling/", &status));
  RESULT(stat("absolute", &status));
  RESULT(stat("dir/local", &status));
  RESULT(stat("todir/local", &status));
  RESULT(stat("dot/dot/dot/dir", &status));
  RESULT(stat("one", &status));
  RESULT(stat("one/x", &status));
  RESULT(stat("self", &status));
  RESULT(lstat("one", &status));
  RESULT(lstat("one/", &status));
  RESULT(lstat("tofile/", &status));
  NEED(lstat("todir", &status) == 0);
  IS(S_ISLNK(status.st_mode) && status.st_size == 3);
  NEED(lstat("todir/", &status) == 0);
  IS(S_ISDIR(status.st_mode));

  /* Forty links are followed, no more; those in the middle count. */
  NEED(symlink("file", "l0") == 0 && symlink(".", "m0") == 0);
  for (int i = 1; i <= 40; i++) {
    char from[16], to[16];
    snprintf(to, sizeof to, "l%d", i - 1);
    snprintf(from, sizeof from, "l%d", i);
    NEED(symlink(to, from) == 0);
  }
  RESULT(stat("l39", &status));
  RESULT(stat("l40", &status));
  RESULT(stat("m0/l38", &status));
  RESULT(stat("m0/l39", &status));
  text[0] = 0;
  for (int i = 0; i < 40; i++) strcat(text, "m0/");
  IS(stat(text, &status) == 0);
  strcat(text, "m0");
  IS(stat(text, &status) == -1 && errno == ELOOP);
  IS(lstat(text, &status) == 0);

  /* A name has at most 255 bytes, a path 4095. */
  memset(text, 'n', 255);
  text[255] = 0;
  IS(stat(text, &status) == -1 && errno == ENOENT);
  IS(open(text, O_CREAT | O_WRONLY, 0644) >= 0);
  IS(stat(text, &status) == 0);
  strcat(text, "n");
  IS(stat(text, &status) == -1 && errno == ENAMETOOLONG);
  IS(open(text, O_CREAT | O_WRONLY, 0644) == -1 && errno == ENAMETOOLONG);
  IS(mkdir(text, 0755) == -1 && errno == ENAMETOOLONG);
  IS(symlink("x", text) == -1 && errno == ENAMETOOLONG);
  IS(unlink(text) == -1 && errno == ENAMETOOLONG);
  IS(symlink(text, "long") == 0 && stat("long", &status) == -1 && errno == ENAMETOOLONG);
  strcat(text, "/x");
  IS(stat(text, &status) == -1 && errno == ENAMETOOLONG);
  memset(text, '/', 4095);
  text[4095] = 0;
  IS(stat(text, &status) == 0);
  memset(text, '/', 4096);
  text[4096] = 0;
  IS(stat(text, &status) == -1 && errno == ENAMETOOLONG);
  memset(text, 'x', 4095);
  text[4095] = 0;
  IS(symlink(text, "target") == 0);
  IS(readlink("target", text, sizeof text) == 4095);
  memset(text, 'x', 4096);
  text[4096] = 0;
  IS(symlink(text, "target2") == -1 && errno == ENAMETOOLONG);

  /* Descriptors as beginnings. */
  int directory = open("dir", O_RDONLY | O_DIRECTORY), file = open("file", O_RDONLY);
  RESULT(fstatat(directory, "f", &status, 0));
  RESULT(fstatat(file, "f", &status, 0));
  RESULT(fstatat(file, "/tmp/file", &status, 0));
  RESULT(fstatat(99, "f", &status, 0));
  RESULT(fstatat(99, "/tmp/file", &status, 0));
  RESULT(fstatat(99, "", &status, AT_EMPTY_PATH));
  RESULT(fstatat(file, "", &status, AT_EMPTY_PATH));
  RESULT(fstatat(file, "", &status, 0));
  RESULT(fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
  RESULT(fstatat(AT_FDCWD, "file", &status, 0x8000));
  RESULT(stat(bad_pointer(), &status));
  RESULT(stat("file", bad_pointer()));
  return 0;
}
