/* A program with the C library in it: the second base of the damaged programs. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
  char *text = malloc(100);
  snprintf(text, 100, "%s, %d words\n", arguments[0], count);
  fputs(text, stdout);
  return 5;
}
