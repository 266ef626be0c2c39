/**
 * From the procedures of POSIX to the calls of riscv64 that they make: what textbooks list as the
 * system calls of a UNIX, and what a C library of today asks the kernel for in their place. Checked
 * by tests/docs/posix.test.ts, which traces a program that calls each.
 */

export interface Procedure {
  readonly name: string;
  /** Names of rows, in the order in which glibc makes them; clock_gettime by way of the vDSO. */
  readonly calls: readonly string[];
}

export interface ProcedureGroup {
  readonly title: string;
  readonly procedures: readonly Procedure[];
}

function group(title: string, rows: readonly (readonly [string, ...string[]])[]): ProcedureGroup {
  const procedures = rows.map(([name, ...calls]) => Object.freeze({ name, calls }));
  return Object.freeze({ title, procedures: Object.freeze(procedures) });
}

/** The groups of the book, with what Debian 12's and 13's glibc does. */
export const PROCEDURES: readonly ProcedureGroup[] = Object.freeze([
  group("Processes", [
    ["fork", "clone"],
    ["waitpid", "wait4"],
    ["execve", "execve"],
    ["exit", "exit_group"],
    ["getpid", "getpid"],
    ["sbrk", "brk"],
    ["sigaction", "rt_sigaction"],
    ["sigprocmask", "rt_sigprocmask"],
    ["alarm", "setitimer"],
    ["pause", "ppoll"],
    ["nice", "getpriority", "setpriority", "getpriority"],
  ]),
  group("Files", [
    ["open", "openat"],
    ["creat", "openat"],
    ["read", "read"],
    ["write", "write"],
    ["lseek", "lseek"],
    ["close", "close"],
    ["stat", "newfstatat"],
    ["fstat", "newfstatat"],
    ["dup2", "dup3"],
    ["pipe", "pipe2"],
    ["fcntl", "fcntl"],
    ["ioctl", "ioctl"],
    ["access", "faccessat"],
    ["truncate", "truncate"],
  ]),
  group("Directories", [
    ["mkdir", "mkdirat"],
    ["rmdir", "unlinkat"],
    ["link", "linkat"],
    ["unlink", "unlinkat"],
    ["symlink", "symlinkat"],
    ["rename", "renameat2"],
    ["mount", "mount"],
    ["umount", "umount2"],
    ["sync", "sync"],
  ]),
  group("Miscellaneous", [
    ["chdir", "chdir"],
    ["chroot", "chroot"],
    ["chmod", "fchmodat"],
    ["chown", "fchownat"],
    ["umask", "umask"],
    ["utime", "utimensat"],
    ["kill", "kill"],
    ["time", "clock_gettime"],
    ["times", "times"],
    ["getuid", "getuid"],
    ["setuid", "setuid"],
    ["uname", "uname"],
  ]),
]);
