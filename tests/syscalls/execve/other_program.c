/* execve of a program whose code lies where that of the caller was: nothing of the caller runs on.
   The program is made here: an ELF header and three instructions, exit(42). */
#include "check.h"
#include <elf.h>

#if defined __riscv
static const unsigned char code[] = {0x93, 0x08, 0xd0, 0x05,  /* li a7, 93 */
                                     0x13, 0x05, 0xa0, 0x02,  /* li a0, 42 */
                                     0x73, 0x00, 0x00, 0x00}; /* ecall */
#define MACHINE EM_RISCV
#define PAGE ((unsigned long)main & ~4095ul)
#else
static const unsigned char code[] = {0xb8, 60,   0, 0, 0,  /* mov $60, %eax */
                                     0xbf, 42,   0, 0, 0,  /* mov $42, %edi */
                                     0x0f, 0x05};          /* syscall */
#define MACHINE EM_X86_64
#define PAGE 0x400000ul
#endif

static struct {
  Elf64_Ehdr header;
  Elf64_Phdr segment;
  unsigned char code[4096];
} image;

int main(void) {
  /* The entry is where main is, so that it was executed in this process before. */
  unsigned long entry = PAGE + ((unsigned long)main & 4094);
  unsigned long start = (unsigned long)image.code - (unsigned long)&image;
  unsigned long at = (entry & 4095) < start ? entry + start : entry;
  memcpy(image.header.e_ident, ELFMAG, SELFMAG);
  image.header.e_ident[EI_CLASS] = ELFCLASS64;
  image.header.e_ident[EI_DATA] = ELFDATA2LSB;
  image.header.e_ident[EI_VERSION] = EV_CURRENT;
  image.header.e_type = ET_EXEC;
  image.header.e_machine = MACHINE;
  image.header.e_version = EV_CURRENT;
  image.header.e_entry = at;
  image.header.e_phoff = sizeof image.header;
  image.header.e_ehsize = sizeof image.header;
  image.header.e_phentsize = sizeof image.segment;
  image.header.e_phnum = 1;
  image.segment.p_type = PT_LOAD;
  image.segment.p_flags = PF_R | PF_X;
  image.segment.p_vaddr = PAGE;
  image.segment.p_filesz = image.segment.p_memsz = sizeof image;
  image.segment.p_align = 4096;
  memcpy((unsigned char *)&image + (at - PAGE), code, sizeof code);
  int file = open("other", O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(write(file, &image, sizeof image) == (long)sizeof image);
  NEED(close(file) == 0);
  for (int i = 0; i < 3; i++) {
    pid_t child = fork();
    if (child == 0) {
      char *list[] = {"other", 0}, *variables[] = {0};
      execve("./other", list, variables);
      _exit(127);
    }
    reap("child", child);
  }
  return 0;
}
