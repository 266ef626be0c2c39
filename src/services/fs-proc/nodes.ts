/**
 * The tree of /proc as two tables: what is below the root and below each process. A row is a path,
 * its mode, and what makes its text; directories follow from the paths. A node is a number
 * (protocol.ts), so nothing has to be kept of it.
 */
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/file.js";
import { RECORD } from "../../kernel/calls.js";
import { memory, type ProcessBytes, pageMap } from "./process-bytes.js";
import * as processText from "./process-text.js";
import {
  KIND_DESCRIPTOR_INFOS,
  KIND_DESCRIPTORS,
  KIND_DIRECTORY_LINK,
  KIND_EXECUTABLE_LINK,
  KIND_FILE_COUNTS,
  KIND_FILES_MAX,
  KIND_FIRST,
  KIND_ROOT,
  KIND_ROOT_LINK,
} from "./protocol.js";
import { status } from "./status-text.js";
import { SETTINGS, type Setting } from "./sysctl.js";
import * as systemText from "./system-text.js";

/** Who must be allowed to look into the task (mayInspect): whoever opens, or whoever reads. */
export const CHECK_NONE = 0;
export const CHECK_OPEN = 1;
export const CHECK_READ = 2;

export interface Kind {
  readonly kind: number;
  readonly name: string;
  readonly mode: number;
  /** Kind of the directory that it is in. */
  readonly parent: number;
  readonly text?: processText.ProcessText;
  /** Instead of a text: each read is served from what is there then. */
  readonly bytes?: ProcessBytes;
  /** The text is this record of the system: its changes can be waited for (changes.ts). */
  readonly record?: number;
  readonly setting?: Setting;
  /** CHECK_*. */
  readonly check: number;
}

/** A row before it has its number. */
interface Entry {
  readonly path: string;
  readonly mode: number;
  /** A number that others know (protocol.ts). */
  readonly kind?: number;
  readonly text?: processText.ProcessText;
  readonly bytes?: ProcessBytes;
  readonly record?: number;
  readonly setting?: Setting;
  readonly check?: number;
}

const READABLE = S_IFREG | 0o444;
const WRITABLE = S_IFREG | 0o644;
const PRIVATE = S_IFREG | 0o400;
const DIRECTORY = S_IFDIR | 0o555;
const LINK = S_IFLNK | 0o777;

/** Numbers the rows and adds a directory for each part of their paths. */
function tree(entries: readonly Entry[]): readonly Kind[] {
  const root: Kind = {
    kind: KIND_ROOT,
    name: "",
    mode: DIRECTORY,
    parent: KIND_ROOT,
    check: CHECK_NONE,
  };
  const kinds: Kind[] = [root];
  const numbers = new Map([["", KIND_ROOT]]);
  let next = KIND_FIRST;
  const add = (entry: Entry): void => {
    const cut = Math.max(entry.path.lastIndexOf("/"), 0);
    const above = entry.path.slice(0, cut);
    if (!numbers.has(above)) add({ path: above, mode: DIRECTORY });
    const { path, kind = next++, check = CHECK_NONE, ...rest } = entry;
    numbers.set(path, kind);
    const name = path.slice(path.lastIndexOf("/") + 1);
    kinds.push({ ...rest, kind, name, check, parent: numbers.get(above) ?? KIND_ROOT });
  };
  for (const entry of entries) add(entry);
  return Object.freeze(kinds);
}

const system = (path: string, make: systemText.SystemText): Entry => ({
  path,
  mode: READABLE,
  text: make,
});

const setting = (row: Setting): Entry => ({
  path: `sys/${row.path}`,
  mode: row.set === undefined ? READABLE : WRITABLE,
  text: (source) => `${row.value(source)}\n`,
  setting: row,
});

export const SYSTEM_KINDS: readonly Kind[] = tree([
  { path: "self", mode: LINK },
  { path: "thread-self", mode: LINK },
  system("cmdline", systemText.cmdline),
  system("cpuinfo", systemText.cpuinfo),
  system("devices", systemText.devices),
  system("diskstats", systemText.diskstats),
  system("filesystems", systemText.filesystems),
  system("loadavg", systemText.loadavg),
  system("meminfo", systemText.meminfo),
  { path: "mounts", mode: LINK },
  { path: "net", mode: LINK },
  system("partitions", systemText.partitions),
  system("stat", systemText.stat),
  system("swaps", systemText.swaps),
  system("uptime", systemText.uptime),
  system("version", systemText.version),
  system("vmstat", systemText.vmstat),
  { path: "sys/fs/file-max", mode: READABLE, kind: KIND_FILES_MAX },
  { path: "sys/fs/file-nr", mode: READABLE, kind: KIND_FILE_COUNTS },
  ...SETTINGS.map(setting),
]);

const file = (path: string, text: processText.ProcessText, mode = READABLE): Entry => ({
  path,
  mode,
  text,
});
const inspected = (path: string, text: processText.ProcessText, mode: number): Entry => ({
  path,
  mode,
  text,
  check: CHECK_OPEN,
});

export const PROCESS_KINDS: readonly Kind[] = tree([
  inspected("auxv", processText.auxv, PRIVATE),
  file("cgroup", processText.cgroup),
  file("cmdline", processText.cmdline),
  file("comm", processText.comm, WRITABLE),
  file("children", processText.children),
  { path: "cwd", mode: LINK, kind: KIND_DIRECTORY_LINK },
  inspected("environ", processText.environ, PRIVATE),
  { path: "exe", mode: LINK, kind: KIND_EXECUTABLE_LINK },
  { path: "fd", mode: S_IFDIR | 0o500, kind: KIND_DESCRIPTORS },
  { path: "fdinfo", mode: DIRECTORY, kind: KIND_DESCRIPTOR_INFOS },
  { path: "io", mode: PRIVATE, text: processText.io, check: CHECK_READ },
  file("limits", processText.limits),
  file("loginuid", processText.loginuid),
  inspected("maps", processText.maps, READABLE),
  { path: "mem", mode: PRIVATE, check: CHECK_OPEN, bytes: memory },
  { ...file("mountinfo", processText.mountInfo), record: RECORD.mountInfo },
  { ...file("mounts", processText.mounts), record: RECORD.mounts },
  file("net/unix", processText.sockets),
  file("oom_score", processText.oomScore),
  file("oom_score_adj", processText.oomScoreAdjustment, WRITABLE),
  { path: "pagemap", mode: PRIVATE, check: CHECK_OPEN, bytes: pageMap },
  { path: "root", mode: LINK, kind: KIND_ROOT_LINK },
  inspected("smaps", processText.smaps, READABLE),
  inspected("smaps_rollup", processText.smapsRollup, READABLE),
  file("stat", processText.stat),
  file("statm", processText.statm),
  file("status", status),
  { path: "task", mode: DIRECTORY },
  file("wchan", processText.wchan),
]);

/** Names that only a thread below /proc/PID/task has, and only a process. */
const ONLY_THREAD: readonly string[] = Object.freeze(["children"]);
const ONLY_PROCESS: readonly string[] = Object.freeze(["io", "task"]);

/** Whether a row is there for a thread below /proc/PID/task, or for a process. */
export const isRowOf = (row: Kind, isThread: boolean): boolean =>
  !(isThread ? ONLY_PROCESS : ONLY_THREAD).includes(row.name);

/** The number of the row of this name directly below the root of its table. */
export function kindNamed(kinds: readonly Kind[], name: string): number {
  const found = kinds.find((row) => row.name === name && row.parent === KIND_ROOT);
  if (found === undefined) throw new Error(`fs-proc: no row ${name}`);
  return found.kind;
}
