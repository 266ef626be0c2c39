/* A position-independent program without any library: says where it came to lie. */
extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

static long call(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

void _start(void) {
  static char text[] = "at ..........\n";
  unsigned long place = (unsigned long)__ehdr_start;
  for (int i = 0; i < 10; i++) text[12 - i] = "0123456789abcdef"[place >> 4 * i & 15];
  long heap = call(214, 0, 0, 0);
  if (heap < (long)_end || call(214, heap + 4096, 0, 0) != heap + 4096) call(93, 1, 0, 0);
  *(volatile char *)heap = 1;
  call(64, 1, (long)text, sizeof text - 1);
  call(93, 42, 0, 0);
}
