/* uname: the fields that must be there; sysinfo-like facts that programs rely on. */
#include "check.h"
#include <sys/auxv.h>
#include <sys/utsname.h>

int main(void) {
  struct utsname name;
  RESULT(uname(&name));
  say("%s\n", name.sysname);
  IS(name.nodename[0] != 0 && name.version[0] != 0);
  int major = atoi(name.release);
  IS(major >= 4);
#ifdef __riscv
  IS(strcmp(name.machine, "riscv64") == 0);
#else
  /* The same line natively, where the machine is another. */
  say("strcmp(name.machine, \"riscv64\") == 0: %s\n", name.machine[0] ? "yes" : "no");
#endif
  RESULT(syscall(SYS_uname, bad_pointer()));
  say("page %ld, clock ticks %ld\n", sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK));
  IS(getauxval(AT_PAGESZ) == PAGE);
  IS(getauxval(AT_RANDOM) != 0 && getauxval(AT_PHDR) != 0 && getauxval(AT_ENTRY) != 0);
  IS(getauxval(AT_EXECFN) != 0 && getauxval(AT_SECURE) == 0);
  IS((int)getauxval(AT_UID) == (int)getuid());
  return 0;
}
