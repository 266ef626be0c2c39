/* execve: arguments and environment arrive unchanged, descriptors survive unless close-on-exec. */
#include "check.h"

int main(int count, char **arguments, char **environment) {
  if (count > 1 && !strcmp(arguments[1], "long")) {
    say("count %d, last length %zu\n", count, strlen(arguments[count - 1]));
    return 0;
  }
  if (count > 1) {
    for (int i = 1; i < count; i++) say("argument [%s]\n", arguments[i]);
    int variables = 0;
    while (environment[variables]) variables++;
    say("%d variables: [%s] [%s] [%s]\n", variables, getenv("A"), getenv("EMPTY"), getenv("B"));
    IS(arguments[count] == 0);
    RESULT(fcntl(10, F_GETFD));
    RESULT(fcntl(11, F_GETFD));
    char byte = 0;
    RESULT(read(10, &byte, 1));
    say("%c\n", byte);
    return 42;
  }
  int file = open("file", O_RDWR | O_CREAT, 0644);
  NEED(write(file, "abc", 3) == 3 && lseek(file, 1, SEEK_SET) == 1);
  NEED(dup2(file, 10) == 10 && dup3(file, 11, O_CLOEXEC) == 11);
  char *list[] = {arguments[0], "one", "", "three words here", 0};
  char *variables[] = {"A=1", "EMPTY=", "B=two words", 0};
  pid_t child = fork();
  if (child == 0) {
    execve(arguments[0], list, variables);
    _exit(127);
  }
  reap("child", child);
  static char *many[3002];
  static char word[20001];
  memset(word, 'w', 20000);
  many[0] = arguments[0], many[1] = "long";
  for (int i = 2; i < 3000; i++) many[i] = "x";
  many[3000] = word;
  child = fork();
  if (child == 0) {
    execve(arguments[0], many, variables);
    _exit(127);
  }
  reap("long", child);
  say("%s\n", fcntl(11, F_GETFD) == FD_CLOEXEC ? "11 is still open here" : "11 is lost");
  return 0;
}
