/* SIGBUS beyond the end of a mapped file, before and after truncation; the kernel gets EFAULT. */
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static volatile int code;
static void *volatile address;

static void jumps(int number, siginfo_t *info, void *context) {
  (void)context;
  code = info->si_code;
  address = info->si_addr;
  siglongjmp(back, number);
}

static void try(const char *what, volatile char *place) {
  int number = sigsetjmp(back, 1);
  if (number == 0) say("%s: %d\n", what, *place);
  else
    say("%s: %s %s, at the address %d\n", what, signal_name(number),
        code == BUS_ADRERR ? "ADRERR" : "?", address == place);
}

int main(void) {
  int file = open("file", O_RDWR | O_CREAT, 0644), ends[2];
  NEED(file >= 0 && ftruncate(file, 100) == 0 && pipe(ends) == 0);
  char *shared = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *own = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  NEED(shared != MAP_FAILED && own != MAP_FAILED);
  handle_info(SIGBUS, jumps, 0);
  try("last page", shared + PAGE - 1);
  try("next page", shared + PAGE);
  try("private next page", own + 2 * PAGE + 3);
  RESULT(write(ends[1], shared + PAGE, 1));
  NEED(ftruncate(file, 2 * PAGE + 1) == 0);
  try("after growth", shared + PAGE);
  try("private after growth", own + 2 * PAGE + 3);
  shared[2 * PAGE] = 5;
  try("written", shared + 2 * PAGE);
  NEED(ftruncate(file, PAGE) == 0);
  try("after shrinking", shared + 2 * PAGE);
  NEED(ftruncate(file, 3 * PAGE) == 0);
  try("grown again", shared + 2 * PAGE);
  signal(SIGBUS, SIG_DFL);
  pid_t child = fork();
  if (child == 0) {
    shared[3 * PAGE] = 1;
    _exit(0);
  }
  reap("default action", child);
  return 0;
}
