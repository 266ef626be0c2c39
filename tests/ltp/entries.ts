/**
 * The entries of the Linux Test Project's runtest/syscalls that concern the calls Sixfold has set
 * out to have, and what is left out, each group with its reason.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Entry {
  readonly name: string;
  /** As in the file: the program and its arguments, for a shell. */
  readonly command: string;
  /** The program's name. */
  readonly program: string;
}

/** Groups that are not run: program names that match, and why. */
const LEFT_OUT: readonly { readonly pattern: RegExp; readonly reason: string }[] = Object.freeze([
  group("bpf|landlock|lsm|seccomp|perf_event|pkey|keyctl|add_key|request_key", "security modules"),
  group(
    "fanotify|inotify|io_setup|io_submit|io_cancel|io_destroy|io_getevents",
    "not a call asked",
  ),
  group("io_uring|io_pgetevents|userfaultfd|cachestat|mseal|file_attr", "not a call asked"),
  group("mq_|msg|sem|shm|pidfd_|process_madvise|kcmp|acct", "not a call asked"),
  group(
    "(init|finit|delete)_module|swap|quotactl|ioctl_(loop|sg|ns|fi|pidfd|getlb)",
    "devices, modules",
  ),
  group("fsopen|fsconfig|fsmount|fspick|move_mount|open_tree|mount_setattr", "the new mount calls"),
  group("statmount|listmount", "the new mount calls"),
  group("mbind|migrate_pages|move_pages|(get|set)_mempolicy", "NUMA"),
  group("ptrace|process_vm", "tracing another process"),
  group("arch_prctl|set_thread_area|modify_ldt|iop|cacheflush|endian_switch", "other processors"),
  group("socketcall|sysctl|ustat|sysfs|readdir|ssetmask|sgetmask|stime", "calls riscv64 lacks"),
  group("dirty|prot_hsymlinks|ioctl0[1-9]|sockioctl|setns|name_to|open_by", "not a call asked"),
  group("recvmmsg|sendmmsg|setsockopt|getsockopt|gethostbyname", "internet sockets"),
  group("accept0[1-2]|accept4|bind0[1-2]|connect0[1-2]|getsockname", "internet sockets"),
  group("recv|send0|sendto|sendmsg|socket01", "internet sockets"),
]);

function group(names: string, reason: string): { pattern: RegExp; reason: string } {
  return Object.freeze({ pattern: new RegExp(`^(${names})`), reason });
}

/** The reason why an entry is left out, or undefined. */
export function leftOut(entry: Entry): string | undefined {
  return LEFT_OUT.find(({ pattern }) => pattern.test(entry.program))?.reason;
}

/** All entries of `folder`/runtest/syscalls. */
export function readEntries(folder: string): Entry[] {
  const lines = readFileSync(join(folder, "runtest", "syscalls"), "utf8").split("\n");
  return lines.flatMap((line) => {
    const [, name, command] = /^(\S+)\s+(.+)$/.exec(line.trim()) ?? [];
    if (name === undefined || command === undefined || name.startsWith("#")) return [];
    return [{ name, command, program: command.split(/\s+/)[0] ?? "" }];
  });
}
