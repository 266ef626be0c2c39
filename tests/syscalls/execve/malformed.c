/* execve of files that begin like programs: what is refused while there is a way back, and what
 * ends the process because there is none.
 * qemu differs: it loads programs itself. */
#include "check.h"
#include <elf.h>
#include <stddef.h>

static struct {
  Elf64_Ehdr header;
  Elf64_Phdr parts[3];
  char rest[PAGE];
} file;
static Elf64_Ehdr own;

/* A program of one page that would run into nothing. */
static void fresh(int parts) {
  memset(&file, 0, sizeof file);
  file.header = own;
  file.header.e_type = ET_EXEC;
  file.header.e_phoff = sizeof file.header;
  file.header.e_phnum = (Elf64_Half)parts;
  file.header.e_shnum = file.header.e_shoff = 0;
  file.header.e_entry = 0x10000 + offsetof(__typeof__(file), rest);
  for (int i = 0; i < parts; i++) {
    Elf64_Phdr *part = file.parts + i;
    part->p_type = PT_LOAD;
    part->p_flags = PF_R | PF_X;
    part->p_align = PAGE;
    part->p_vaddr = 0x10000 + i * 0x10000;
    part->p_filesz = part->p_memsz = sizeof file;
  }
}

static void run(const char *what) {
  int out = open("program", O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(out >= 0 && write(out, &file, sizeof file) == sizeof file && close(out) == 0);
  char *list[] = {"program", 0}, *none[] = {0};
  pid_t child = fork();
  if (child == 0) {
    execve("program", list, none);
    say("%s: %s\n", what, error_name(errno));
    _exit(1);
  }
  reap(what, child);
}

static void interpreter(const char *path, size_t length) {
  fresh(2);
  file.parts[1].p_type = PT_INTERP;
  file.parts[1].p_offset = offsetof(__typeof__(file), rest);
  file.parts[1].p_filesz = file.parts[1].p_memsz = length;
  memcpy(file.rest, path, length < PAGE ? length : PAGE);
}

static void put(const char *path, const void *bytes, size_t length) {
  int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(out >= 0 && write(out, bytes, length) == (long)length && close(out) == 0);
}

int main(int count, char **arguments) {
  int self = open(arguments[0], O_RDONLY);
  NEED(self >= 0 && read(self, &own, sizeof own) == sizeof own);
  struct rlimit limit = {0, 0};
  NEED(setrlimit(RLIMIT_CORE, &limit) == 0);
  fresh(1);
  file.header.e_ident[0] = 0;
  run("no magic number");
  fresh(1);
  file.header.e_ident[EI_CLASS] = ELFCLASS32;
  file.header.e_machine = 0x7777;
  run("another machine");
  fresh(1);
  file.header.e_type = ET_REL;
  run("an object file");
  fresh(1);
  file.header.e_type = ET_CORE;
  run("a core file");
  fresh(0);
  run("no program headers");
  fresh(1);
  file.header.e_phentsize = 32;
  run("program headers of another size");
  fresh(1);
  file.header.e_phnum = 2000;
  run("too many program headers");
  fresh(1);
  file.header.e_phoff = 1 << 20;
  run("program headers behind the end");
  fresh(1);
  file.header.e_phoff = (Elf64_Off)-1;
  run("program headers nowhere");

  interpreter("/absent/interpreter", 20);
  run("an absent interpreter");
  interpreter("/", 2);
  run("a folder as interpreter");
  interpreter("unterminated", 5);
  run("a path without its end");
  interpreter("", 1);
  run("an empty path");
  interpreter("/long", 5000);
  run("a path that is too long");
  put("short", "\177ELF", 4);
  interpreter("./short", 8);
  run("a short interpreter");
  put("garbage", file.rest, PAGE);
  interpreter("./garbage", 10);
  run("garbage as interpreter");

  fresh(1);
  file.parts[0].p_filesz = sizeof file, file.parts[0].p_memsz = 100;
  run("more in the file than in memory");
  fresh(1);
  file.parts[0].p_memsz = (Elf64_Xword)1 << 60;
  run("a segment without end");
  fresh(1);
  file.parts[0].p_vaddr = (Elf64_Addr)1 << 50;
  run("a segment outside user memory");
  fresh(1);
  file.parts[0].p_vaddr += 16;
  run("address and offset that do not fit");
  fresh(1);
  file.header.e_entry = (Elf64_Addr)1 << 40;
  run("an entry into nothing");
  fresh(1);
  file.header.e_entry = (Elf64_Addr)-1;
  run("an entry at the end of everything");
  fresh(1);
  file.parts[0].p_type = PT_NULL;
  run("nothing to load");
  fresh(1);
  file.header.e_type = ET_DYN;
  file.parts[0].p_type = PT_NOTE;
  run("nothing to load, anywhere");
  return count - 1;
}
