/* process_vm_readv and process_vm_writev: vectors of both sides, partial copies, refusals.
 * qemu differs: version 7.2 does not have them. */
#include "check.h"

static char buffer[3 * PAGE], place[3 * PAGE];

int main(void) {
  Gate ready = new_gate(), done = new_gate();
  char *memory = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  NEED(munmap(memory + 2 * PAGE, PAGE) == 0 && mprotect(memory + 3 * PAGE, PAGE, PROT_READ) == 0);
  pid_t child = fork();
  if (child == 0) {
    strcpy(memory, "the child's own");
    strcpy(memory + 2 * PAGE - 4, "end");
    strcpy(place, "static");
    open_gate(&ready);
    pass_gate(&done);
    say("child sees %.12s|%.5s|%s\n", memory, memory + PAGE, place);
    _exit(0);
  }
  pass_gate(&ready);
  struct iovec local[3] = {{buffer, 4}, {buffer + 100, 100}};
  struct iovec remote[3] = {{memory, 15}, {place, 7}};
  RESULT(process_vm_readv(child, local, 2, remote, 2, 0));
  say("%.4s|%.11s|%s\n", buffer, buffer + 100, buffer + 111);
  remote[0].iov_base = memory + PAGE, remote[0].iov_len = 3 * PAGE;
  local[0].iov_base = buffer, local[0].iov_len = 3 * PAGE;
  RESULT(process_vm_readv(child, local, 1, remote, 1, 0));
  say("%s\n", buffer + PAGE - 4);
  remote[0].iov_base = memory + 2 * PAGE;
  RESULT(process_vm_readv(child, local, 1, remote, 1, 0));
  remote[0].iov_base = memory, remote[0].iov_len = 12;
  remote[1].iov_base = place, remote[1].iov_len = 9;
  strcpy(buffer, "overwritten/elsewhere");
  RESULT(process_vm_writev(child, local, 1, remote, 2, 0));
  remote[0].iov_base = memory + PAGE, remote[0].iov_len = 5;
  RESULT(process_vm_writev(child, local, 1, remote, 1, 0));
  remote[0].iov_base = memory + 3 * PAGE;
  RESULT(process_vm_writev(child, local, 1, remote, 1, 0));
  remote[0].iov_base = memory;
  RESULT(process_vm_readv(child, local, 1, remote, 1, 1));
  RESULT(process_vm_readv(child, local, -1, remote, 1, 0));
  RESULT(process_vm_readv(child, local, 1, remote, 2000, 0));
  RESULT(process_vm_readv(child, local, 0, remote, 1, 0));
  RESULT(process_vm_readv(child, local, 1, remote, 0, 0));
  RESULT(process_vm_readv(999999, local, 1, remote, 1, 0));
  RESULT(process_vm_readv(child, bad_pointer(), 1, remote, 1, 0));
  RESULT(process_vm_readv(child, local, 1, bad_pointer(), 1, 0));
  local[0].iov_base = bad_pointer();
  RESULT(process_vm_readv(child, local, 1, remote, 1, 0));
  local[0].iov_base = buffer;
  local[0].iov_len = (size_t)-1;
  RESULT(process_vm_readv(child, local, 1, remote, 1, 0));
  local[0].iov_len = 10;
  RESULT(process_vm_readv(getpid(), local, 1, remote, 1, 0));
  pid_t stranger = fork();
  if (stranger == 0) {
    NEED(setresuid(65534, 65534, 65534) == 0);
    RESULT(process_vm_readv(child, local, 1, remote, 1, 0));
    RESULT(process_vm_writev(child, local, 1, remote, 1, 0));
    _exit(0);
  }
  reap("stranger", stranger);
  open_gate(&done);
  reap("child", child);
  return 0;
}
