/* execve's limits: strings and pointers against a quarter of the stack, one string, a script's
 * first line, scripts in scripts.
 * qemu differs: it keeps the limit of the stack to itself. */
#include "check.h"

static char *self, *marked[] = {"CHILD=1", 0};
static char words[8][110000], *list[60000];

static void put(const char *path, const char *text, size_t length) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(file >= 0 && write(file, text, length) == (long)length && close(file) == 0);
}

/* Executes the program with `count` arguments that are as given; it exits with 42. */
static void run(const char *what, const char *path, int count) {
  char *last = list[count];
  list[count] = 0;
  pid_t child = fork();
  if (child == 0) {
    execve(path, list, marked);
    say("%s: %s\n", what, error_name(errno));
    _exit(127);
  }
  list[count] = last;
  reap(what, child);
}

static void stack_limit(rlim_t bytes) {
  struct rlimit limit = {bytes, RLIM_INFINITY};
  NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
}

int main(int count, char **arguments) {
  if (getenv("CHILD")) return 42;
  self = arguments[0];
  list[0] = "first";
  for (int i = 0; i < 8; i++) {
    memset(words[i], 'a' + i, sizeof words[i] - 1);
    list[i + 1] = words[i];
  }
  stack_limit(1 << 20);
  run("two of 107 KiB in 256 KiB", self, 3);
  run("three of them", self, 4);
  stack_limit(256 << 10);
  run("one in the least, 128 KiB", self, 2);
  run("two in it", self, 3);
  stack_limit(8 << 20);
  run("eight in 2 MiB", self, 9);
  for (int i = 1; i < 60000; i++) list[i] = "";
  stack_limit(1 << 20);
  run("20000 pointers in 256 KiB", self, 20000);
  run("40000 pointers", self, 40000);

  static char line[400];
  memset(line, 0, sizeof line);
  strcpy(line, "#!");
  memset(line + 2, '/', 200);
  strcpy(line + 2 + 200, self);
  size_t length = strlen(line);
  NEED(length < 255);
  strcpy(line + length, "\n");
  put("long", line, length + 1);
  run("a long first line", "long", 1);
  memset(line + 2, '/', 260);
  strcpy(line + 2 + 260, self);
  strcat(line, "\n");
  put("longer", line, strlen(line));
  run("a longer one", "longer", 1);
  snprintf(line, sizeof line, "#!%s ", self);
  memset(line + strlen(line), 'x', 300);
  put("cut", line, 380);
  run("an argument that is cut off", "cut", 1);
  put("empty", "#!\n", 3);
  run("no interpreter", "empty", 1);
  put("blank", "#!   \n", 6);
  run("a blank one", "blank", 1);
  put("endless", "#!", 2);
  run("no line at all", "endless", 1);
  put("folder", "#!/\n", 4);
  run("a folder", "folder", 1);
  put("absent", "#!/absent\n", 10);
  run("an absent one", "absent", 1);

  snprintf(line, sizeof line, "#!%s\n", self);
  put("script1", line, strlen(line));
  for (int i = 2; i < 8; i++) {
    char name[20];
    snprintf(name, sizeof name, "script%d", i);
    snprintf(line, sizeof line, "#!./script%d script\n", i - 1);
    put(name, line, strlen(line));
    list[1] = "script";
    run(name, name, 2);
  }
  list[1] = 0;
  run("no arguments", self, 0);
  return 0;
}
