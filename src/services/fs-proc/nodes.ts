/**
 * The tree of /proc as a table: what is below the root and below each process. A node is a number
 * (protocol.ts), so nothing has to be kept of it.
 */
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/file.js";
import { KIND_DESCRIPTORS } from "./protocol.js";

export interface Kind {
  readonly kind: number;
  readonly name: string;
  readonly mode: number;
  /** Kind of the directory that it is in. */
  readonly parent: number;
}

export const ROOT_KIND = 1;

const FILE = S_IFREG | 0o444;
const DIRECTORY = S_IFDIR | 0o555;
const LINK = S_IFLNK | 0o777;

/** Nodes of the system (process 0). */
export const SYSTEM = Object.freeze({
  root: ROOT_KIND,
  self: 2,
  threadSelf: 3,
  meminfo: 4,
  uptime: 5,
  loadavg: 6,
  stat: 7,
  cpuinfo: 8,
  version: 9,
  filesystems: 10,
  mounts: 11,
  sys: 13,
  kernel: 14,
  hostname: 15,
  ostype: 16,
  osrelease: 17,
  pidMax: 18,
  cmdline: 19,
  kernelVersion: 20,
} as const);

/** Nodes of a process, or of a thread below /proc/PID/task. */
export const PROCESS = Object.freeze({
  root: ROOT_KIND,
  stat: 2,
  status: 3,
  cmdline: 4,
  comm: 5,
  environ: 6,
  exe: 7,
  maps: 8,
  statm: 9,
  task: 10,
  mounts: 11,
  descriptors: KIND_DESCRIPTORS,
} as const);

const kind = (number: number, name: string, mode: number, parent: number): Kind => ({
  kind: number,
  name,
  mode,
  parent,
});

export const SYSTEM_KINDS: readonly Kind[] = Object.freeze([
  kind(SYSTEM.root, "", DIRECTORY, SYSTEM.root),
  kind(SYSTEM.self, "self", LINK, SYSTEM.root),
  kind(SYSTEM.threadSelf, "thread-self", LINK, SYSTEM.root),
  kind(SYSTEM.cmdline, "cmdline", FILE, SYSTEM.root),
  kind(SYSTEM.cpuinfo, "cpuinfo", FILE, SYSTEM.root),
  kind(SYSTEM.filesystems, "filesystems", FILE, SYSTEM.root),
  kind(SYSTEM.loadavg, "loadavg", FILE, SYSTEM.root),
  kind(SYSTEM.meminfo, "meminfo", FILE, SYSTEM.root),
  kind(SYSTEM.mounts, "mounts", FILE, SYSTEM.root),
  kind(SYSTEM.stat, "stat", FILE, SYSTEM.root),
  kind(SYSTEM.sys, "sys", DIRECTORY, SYSTEM.root),
  kind(SYSTEM.uptime, "uptime", FILE, SYSTEM.root),
  kind(SYSTEM.version, "version", FILE, SYSTEM.root),
  kind(SYSTEM.kernel, "kernel", DIRECTORY, SYSTEM.sys),
  kind(SYSTEM.hostname, "hostname", FILE, SYSTEM.kernel),
  kind(SYSTEM.ostype, "ostype", FILE, SYSTEM.kernel),
  kind(SYSTEM.osrelease, "osrelease", FILE, SYSTEM.kernel),
  kind(SYSTEM.pidMax, "pid_max", FILE, SYSTEM.kernel),
  kind(SYSTEM.kernelVersion, "version", FILE, SYSTEM.kernel),
]);

export const PROCESS_KINDS: readonly Kind[] = Object.freeze([
  kind(PROCESS.root, "", DIRECTORY, PROCESS.root),
  kind(PROCESS.cmdline, "cmdline", FILE, PROCESS.root),
  kind(PROCESS.comm, "comm", FILE, PROCESS.root),
  kind(PROCESS.environ, "environ", S_IFREG | 0o400, PROCESS.root),
  kind(PROCESS.exe, "exe", LINK, PROCESS.root),
  kind(PROCESS.descriptors, "fd", S_IFDIR | 0o500, PROCESS.root),
  kind(PROCESS.maps, "maps", FILE, PROCESS.root),
  kind(PROCESS.mounts, "mounts", FILE, PROCESS.root),
  kind(PROCESS.stat, "stat", FILE, PROCESS.root),
  kind(PROCESS.statm, "statm", FILE, PROCESS.root),
  kind(PROCESS.status, "status", FILE, PROCESS.root),
  kind(PROCESS.task, "task", DIRECTORY, PROCESS.root),
]);
