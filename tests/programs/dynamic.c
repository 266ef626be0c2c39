/* A program as distributions ship them: linked at run time or position-independent. Prints what the
 * kernel told it in the auxiliary vector, and uses the library: threads, floating point, dlopen. */
#include "../syscalls/check.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <math.h>
#include <pthread.h>
#include <sys/auxv.h>

extern char __executable_start[], _end[];
static int initialized_pointer_target = 7;
/* Needs a relocation. */
static int *volatile pointer = &initialized_pointer_target;
static __thread int own = 5;

static void *thread(void *result) {
  own++;
  *(int *)result = own + *pointer;
  return 0;
}

static int count_objects(struct dl_phdr_info *info, size_t size, void *count) {
  ++*(int *)count;
  return 0;
}

static int is_in_program(unsigned long address) {
  return address >= (unsigned long)__executable_start && address < (unsigned long)_end;
}

int main(int count, char **arguments) {
  const char *kind = count > 1 ? arguments[1] : "";
  say("%s: argument %s\n", kind, count > 2 ? arguments[2] : "none");
  IS(is_in_program(getauxval(AT_PHDR)));
  IS(is_in_program(getauxval(AT_ENTRY)));
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  IS(getauxval(AT_PHENT) == sizeof *headers);
  int loads = 0, interpreters = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
    loads += headers[i].p_type == PT_LOAD;
    interpreters += headers[i].p_type == PT_INTERP;
  }
  say("several segments: %d, interpreters %d\n", loads > 1, interpreters);
  unsigned long base = getauxval(AT_BASE);
  say("a base: %d, it begins like a program: %d\n", base != 0,
      base != 0 && memcmp((char *)base, ELFMAG, SELFMAG) == 0);
  IS(getauxval(AT_PAGESZ) == PAGE && getauxval(AT_CLKTCK) == 100);
  IS(getauxval(AT_SECURE) == 0 && getauxval(AT_FLAGS) == 0);
  IS(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid());
  IS(getauxval(AT_RANDOM) != 0 && getauxval(AT_HWCAP) != 0);
  IS(strcmp((char *)getauxval(AT_EXECFN), arguments[0]) == 0);
  IS((unsigned long)sbrk(0) >= (unsigned long)_end || base == 0);
  pthread_t id;
  int result = 0;
  NEED(pthread_create(&id, 0, thread, &result) == 0 && pthread_join(id, 0) == 0);
  say("a thread: %d, here %d\n", result, own);
  say("%.10f\n", sin(atof("0.5")) * pow(2, atoi("3")));
  int objects = 0;
  dl_iterate_phdr(count_objects, &objects);
  say("objects: %s\n", objects > 2 ? "program, libraries" : "few");
  if (interpreters == 1) {
    void *library = dlopen("libm.so.6", RTLD_NOW);
    double (*cosine)(double) = library ? (double (*)(double))dlsym(library, "cos") : 0;
    say("dlopen: %.3f\n", cosine ? cosine(0) : -1);
  }
  return 23;
}
