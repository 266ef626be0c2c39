/**
 * The texts about the whole system: /proc/meminfo, stat, uptime and so on (proc(5)). What Sixfold
 * does not have or count has no file or no line.
 */
import { SYSTEM_NAME, SYSTEM_RELEASE } from "../../abi/utsname.js";
import { ATTRIBUTE, FIGURE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import {
  allTasks,
  kilobyteLines,
  NANOSECONDS_PER_TICK,
  type Source,
  systemRecord,
  ticks,
  USAGE,
} from "./source.js";

export type SystemText = (source: Source, caller: TaskId) => string;

/** Column of the figures in meminfo. */
const MEMINFO_COLUMN = 16;
/** Load averages are in units of 1/2048, and rounded to 1/100. */
const LOAD_ONE = 2048;
const LOAD_ROUNDING = LOAD_ONE / 200;

const seconds = (nanoseconds: number): string => {
  const hundredths = Math.floor(nanoseconds / NANOSECONDS_PER_TICK);
  const rest = String(hundredths % 100).padStart(2, "0");
  return `${Math.floor(hundredths / 100)}.${rest}`;
};

/** /proc/meminfo, from the frames of the machine. */
export const meminfo: SystemText = ({ memory }, caller) => {
  const usage = (figure: number): number => memory.usage(caller, 0, figure);
  const [total, free, cached] = [usage(USAGE.total), usage(USAGE.free), usage(USAGE.cached)];
  // Files are kept in memory only: what is cached cannot be given up, so that only free frames are
  // available.
  return kilobyteLines(
    [
      ["MemTotal", total],
      ["MemFree", free],
      ["MemAvailable", free],
      ["Buffers", 0],
      ["Cached", cached],
      ["SwapCached", 0],
      ["SwapTotal", 0],
      ["SwapFree", 0],
      ["Dirty", 0],
      ["Writeback", 0],
      ["Shmem", cached],
    ],
    MEMINFO_COLUMN,
  );
};

/** Processor times since boot in ticks: user, system, idle. One hart: what is not used is idle. */
function processorTimes(kernel: KernelCalls): { user: number; system: number; idle: number } {
  // Task 0 stands for what released tasks were charged.
  let userInstructions = kernel.attribute(0, ATTRIBUTE.userInstructions);
  let systemInstructions = kernel.attribute(0, ATTRIBUTE.kernelInstructions);
  for (const task of allTasks(kernel)) {
    userInstructions += kernel.attribute(task, ATTRIBUTE.userInstructions);
    systemInstructions += kernel.attribute(task, ATTRIBUTE.kernelInstructions);
  }
  const user = ticks(userInstructions);
  const system = ticks(systemInstructions);
  const up = Math.floor(kernel.monotonicNanoseconds() / NANOSECONDS_PER_TICK);
  return { user, system, idle: Math.max(0, up - user - system) };
}

/** Seconds since boot, and those that the hart was idle. */
export const uptime: SystemText = ({ kernel }) => {
  const idle = processorTimes(kernel).idle * NANOSECONDS_PER_TICK;
  return `${seconds(kernel.monotonicNanoseconds())} ${seconds(idle)}\n`;
};

/** Load averages, runnable and all tasks, the id given last. */
export const loadavg: SystemText = ({ kernel }) => {
  const average = (figure: number): string => {
    const load = kernel.systemFigure(figure) + LOAD_ROUNDING;
    const hundredths = Math.floor(((load % LOAD_ONE) * 100) / LOAD_ONE);
    return `${Math.floor(load / LOAD_ONE)}.${String(hundredths).padStart(2, "0")}`;
  };
  const averages = [FIGURE.load1, FIGURE.load5, FIGURE.load15].map(average).join(" ");
  const runnable = kernel.systemFigure(FIGURE.runnable);
  const latest = kernel.systemFigure(FIGURE.latestId);
  return `${averages} ${runnable}/${allTasks(kernel).length} ${latest}\n`;
};

/** proc_stat(5). There is no line of interrupts, which nobody counts. */
export const stat: SystemText = ({ kernel }) => {
  const { user, system, idle } = processorTimes(kernel);
  const times = `${user} 0 ${system} ${idle} 0 0 0 0 0 0`;
  const boot = kernel.realtimeSeconds() - Math.floor(kernel.monotonicNanoseconds() / 1e9);
  return (
    `cpu  ${times}\ncpu0 ${times}\n` +
    `ctxt ${kernel.systemFigure(FIGURE.contextSwitches)}\nbtime ${boot}\n` +
    `processes ${kernel.systemFigure(FIGURE.tasksCreated)}\n` +
    `procs_running ${kernel.systemFigure(FIGURE.runnable)}\nprocs_blocked 0\n`
  );
};

/** As Linux's arch/riscv/kernel/cpu.c; `uarch` and the ids of a vendor are not there. */
export const cpuinfo: SystemText = () =>
  "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_zicsr_zifencei\nmmu\t\t: sv39\n\n";

/** What uname(2) says, in one line. */
export const version: SystemText = ({ kernel }) =>
  `${SYSTEM_NAME} version ${SYSTEM_RELEASE} (sixfold) ${systemRecord(kernel, RECORD.version)}\n`;

/** /proc/vmstat, as far as it is counted. */
export const vmstat: SystemText = ({ memory }, caller) =>
  `nr_free_pages ${memory.usage(caller, 0, USAGE.free)}\n` +
  `nr_file_pages ${memory.usage(caller, 0, USAGE.cached)}\n`;

/** No parameters were given to the kernel. */
export const cmdline: SystemText = () => "\n";

/** The types that mount(2) knows. */
export const filesystems: SystemText = () =>
  ["tmpfs", "proc", "devtmpfs", "devpts"].map((name) => `nodev\t${name}\n`).join("");

/** Major numbers of what fs-dev and fs-pts have (Linux admin-guide/devices.txt). */
const MAJORS: readonly (readonly [number, string])[] = Object.freeze([
  [1, "mem"],
  [5, "/dev/tty"],
  [5, "/dev/console"],
  [5, "/dev/ptmx"],
  [6, "lp"],
  [136, "pts"],
  [229, "hvc"],
  [248, "virtio-portsdev"],
] as const);

/** Major numbers of devices. */
export const devices: SystemText = () => {
  const lines = MAJORS.map(([major, name]) => `${String(major).padStart(3)} ${name}\n`);
  return `Character devices:\n${lines.join("")}\nBlock devices:\n`;
};

/** No disk, no swap: only the heads of the tables. */
export const partitions: SystemText = () => "major minor  #blocks  name\n\n";
export const swaps: SystemText = () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
export const diskstats: SystemText = () => "";
