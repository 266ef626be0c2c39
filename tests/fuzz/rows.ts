/**
 * The file of calls that the random-call program reads: the rows of the system-call table, each
 * with how often it is made and a letter for the kind of each argument (arguments.h).
 */
import type { ArgumentType } from "../../src/syscalls/arguments.js";
import { SYSTEM_CALLS } from "../../src/syscalls/table.js";

const ROW_BYTES = 16;
const KINDS_AT = 4;
const WEIGHT_USUAL = 24;
/** Calls that end the caller, or take its descriptors, memory or place away: they are rare. */
const WEIGHT_RARE = 1;
const RARE: ReadonlySet<string> = new Set([
  ..."exit exit_group rt_sigreturn execve execveat kill tkill tgkill chroot close_range".split(" "),
  ..."rt_sigqueueinfo rt_tgsigqueueinfo munlockall mlockall setrlimit prlimit64 munmap".split(" "),
  ..."rt_sigsuspend pidfd_send_signal pivot_root vhangup umount2 setuid setresuid".split(" "),
]);
const WEIGHT_WAITS = 8;

/** The letter that arguments.h knows. */
function letterOf(type: ArgumentType): string {
  if (type.kind === "path") return "p";
  if (type.kind === "range") return type.shown.startsWith("bytes") ? "b" : "r";
  const byName: Readonly<Record<string, string>> = { descriptor: "d", flags: "f", mode: "m" };
  const byKind: Readonly<Record<string, string>> = { size: "s", address: "a" };
  return byName[type.shown] ?? byKind[type.kind] ?? "i";
}

/** @returns the content of /mnt/calls */
export function rowsFile(): Uint8Array {
  const bytes = new Uint8Array(SYSTEM_CALLS.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, row] of SYSTEM_CALLS.entries()) {
    const at = index * ROW_BYTES;
    view.setUint16(at, row.number, true);
    const usual = row.canBlock ? WEIGHT_WAITS : WEIGHT_USUAL;
    bytes[at + 2] = RARE.has(row.name) ? WEIGHT_RARE : usual;
    bytes[at + 3] = row.arguments.length;
    for (const [i, type] of row.arguments.entries()) {
      bytes[at + KINDS_AT + i] = letterOf(type).charCodeAt(0);
    }
  }
  return bytes;
}
