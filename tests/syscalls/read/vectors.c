/* readv and writev: gather and scatter, empty parts, limits, bad vectors. */
#include "check.h"

static struct iovec part(void *base, size_t length) {
  struct iovec vector = {base, length};
  return vector;
}

int main(void) {
  char a[4] = "", b[4] = "", c[8] = "";
  int file = open("file", O_RDWR | O_CREAT, 0644), ends[2];
  NEED(file >= 0 && pipe(ends) == 0);
  struct iovec out[4] = {part("abc", 3), part("", 0), part("defg", 4), part("hi", 2)};
  RESULT(writev(file, out, 4));
  RESULT(lseek(file, 0, SEEK_SET));
  struct iovec in[3] = {part(a, 3), part(b, 3), part(c, 8)};
  RESULT(readv(file, in, 3));
  say("%.3s|%.3s|%.3s\n", a, b, c);
  RESULT(readv(file, in, 3));
  RESULT(writev(ends[1], out, 4));
  RESULT(readv(ends[0], in, 2));
  RESULT(readv(ends[0], in, 2));
  say("%.3s|%.3s\n", a, b);
  RESULT(writev(file, out, 0));
  RESULT(writev(file, 0, 0));
  RESULT(writev(file, out, -1));
  static struct iovec many[1025];
  for (int i = 0; i < 1025; i++) many[i] = part("x", 1);
  RESULT(writev(file, many, 1025));
  RESULT(writev(file, many, 1024));
  RESULT(writev(file, bad_pointer(), 1));
  RESULT(writev(-1, out, 1));
  struct iovec negative[2] = {part("x", 1), part("x", (size_t)-1)};
  RESULT(writev(file, negative, 2));
  struct iovec faulty[2] = {part("ok", 2), part(bad_pointer(), 2)};
  RESULT(writev(ends[1], faulty + 1, 1));
  RESULT(lseek(file, 0, SEEK_END));
  RESULT(pwritev(file, out, 1, 2000));
  RESULT(preadv(file, in, 1, 2000));
  RESULT(pwritev(file, out, 1, -5));
  RESULT(lseek(file, 0, SEEK_CUR));
  RESULT(lseek(file, 0, SEEK_END));
  return 0;
}
