/**
 * The texts about a process or one of its threads (proc(5)), but for status, which is in
 * status-text.ts. What a caller may not look into is shown as 0, as Linux does.
 */
import { SIGCHLD } from "../../abi/signal.js";
import { ATTRIBUTE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import { textOf } from "../../kernel/texts.js";
import { mayInspect } from "./protocol.js";
import {
  commandOf,
  hasEnded,
  memoryOf,
  NANOSECONDS_PER_TICK,
  PAGE_BYTES,
  piecesOf,
  recordOf,
  type Source,
  stateOf,
  threadsOf,
  ticks,
  USAGE,
} from "./source.js";
import { terminalOf } from "./terminal.js";

/**
 * Text of a task's file.
 * @param single the thread alone (below /proc/PID/task), not its whole process
 */
export type ProcessText = (
  source: Source,
  caller: TaskId,
  task: TaskId,
  single: boolean,
) => string | Uint8Array;

const LIMIT_INFINITY = 2 ** 53 - 1;
/** stat shows signals 1 to 31 only. */
const SIGNALS_SHOWN = 0x7fff_ffff;
/** Bits of a task's flags (PF_*): is ending; has not called execve since the fork. */
const FLAG_EXITING = 0x4;
const FLAG_FORKED = 0x40;
const POLICY_FIFO = 1;
const POLICY_ROUND_ROBIN = 2;
const PRIORITY_NORMAL = 20;
/** A title longer than this is cut (Linux get_mm_proctitle). */
const TITLE_BYTES_MAX = 4096;

/** The priority as ps shows it: negative for real-time classes. */
function priorityOf(kernel: KernelCalls, task: TaskId): number {
  const policy = kernel.attribute(task, ATTRIBUTE.schedulingPolicy);
  if (policy === POLICY_FIFO || policy === POLICY_ROUND_ROBIN) {
    return -1 - kernel.attribute(task, ATTRIBUTE.realtimePriority);
  }
  return PRIORITY_NORMAL + kernel.attribute(task, ATTRIBUTE.nice);
}

/** Processor time and faults of the thread, or of its process with the threads that have ended. */
function timesOf(kernel: KernelCalls, task: TaskId, single: boolean) {
  const counted = single ? [task] : threadsOf(kernel, kernel.attribute(task, ATTRIBUTE.process));
  const sum = (which: number): number =>
    counted.reduce((total, id) => total + kernel.attribute(id, which), 0);
  // The times of a process that has ended are among those of its ended threads already.
  const living = single || !hasEnded(kernel, task) ? 1 : 0;
  const ended = (which: number): number => (single ? 0 : kernel.attribute(task, which));
  return {
    user: living * sum(ATTRIBUTE.userInstructions) + ended(ATTRIBUTE.endedUserInstructions),
    system: living * sum(ATTRIBUTE.kernelInstructions) + ended(ATTRIBUTE.endedKernelInstructions),
    faults: living * sum(ATTRIBUTE.minorFaults) + ended(ATTRIBUTE.endedMinorFaults),
  };
}

/** /proc/PID/stat (proc_pid_stat(5)), fields in the order of the page, from 1. */
export const stat: ProcessText = (source, caller, task, single) => {
  const { kernel, memory } = source;
  const get = (which: number): number => kernel.attribute(task, which);
  const usage = (figure: number): number => memory.usage(caller, task, figure);
  const process = get(ATTRIBUTE.process);
  const { user, system, faults } = timesOf(kernel, task, single);
  const terminal = terminalOf(source, caller, task);
  const isEnded = hasEnded(kernel, task);
  const field = new Array<number | string>(53).fill(0);
  field[1] = task;
  field[2] = `(${commandOf(kernel, task)})`;
  field[3] = stateOf(kernel, task);
  field[4] = get(ATTRIBUTE.parent);
  field[5] = get(ATTRIBUTE.group);
  field[6] = get(ATTRIBUTE.session);
  field[7] = terminal.device;
  field[8] = terminal.foreground;
  field[9] = (isEnded ? FLAG_EXITING : 0) | (get(ATTRIBUTE.executed) === 0 ? FLAG_FORKED : 0);
  field[10] = faults;
  field[11] = get(ATTRIBUTE.childrenMinorFaults);
  field[14] = ticks(user);
  field[15] = ticks(system);
  field[16] = ticks(get(ATTRIBUTE.childrenUserInstructions));
  field[17] = ticks(get(ATTRIBUTE.childrenKernelInstructions));
  field[18] = priorityOf(kernel, task);
  field[19] = get(ATTRIBUTE.nice);
  field[20] = threadsOf(kernel, process).length;
  field[22] = Math.floor(get(ATTRIBUTE.startNanoseconds) / NANOSECONDS_PER_TICK);
  field[23] = usage(USAGE.virtual) * PAGE_BYTES;
  field[24] = usage(USAGE.resident);
  field[25] = limitOf(get(ATTRIBUTE.limits + RESIDENT_LIMIT), "18446744073709551615");
  if (!isEnded && mayInspect(kernel, caller, task)) {
    field[26] = get(ATTRIBUTE.codeStart);
    field[27] = get(ATTRIBUTE.codeEnd);
    field[28] = get(ATTRIBUTE.stackStart);
    field[45] = get(ATTRIBUTE.dataStart);
    field[46] = get(ATTRIBUTE.dataEnd);
    field[47] = usage(USAGE.breakStart);
    field[48] = get(ATTRIBUTE.argumentsStart);
    field[49] = get(ATTRIBUTE.argumentsEnd);
    field[50] = get(ATTRIBUTE.environmentStart);
    field[51] = get(ATTRIBUTE.environmentEnd);
  }
  field[31] = (get(ATTRIBUTE.ownPendingLow) & SIGNALS_SHOWN) >>> 0;
  field[32] = kernel.signalMaskLow(task) & SIGNALS_SHOWN;
  field[33] = get(ATTRIBUTE.ignoredLow) & SIGNALS_SHOWN;
  field[34] = get(ATTRIBUTE.caughtLow) & SIGNALS_SHOWN;
  field[38] = task === process ? SIGCHLD : -1;
  field[40] = get(ATTRIBUTE.realtimePriority);
  field[41] = get(ATTRIBUTE.schedulingPolicy);
  return `${field.slice(1).join(" ")}\n`;
};

/** Sizes in pages: virtual, resident, shared, code, nothing, data and stack, nothing. */
export const statm: ProcessText = ({ kernel, memory }, caller, task) => {
  const usage = (figure: number): number => memory.usage(caller, task, figure);
  if (hasEnded(kernel, task)) return "0 0 0 0 0 0 0\n";
  const data = usage(USAGE.data) + usage(USAGE.stack);
  const [size, resident] = [usage(USAGE.virtual), usage(USAGE.resident)];
  return `${[size, resident, usage(USAGE.shared), usage(USAGE.code), 0, data, 0].join(" ")}\n`;
};

/** The name of the thread. */
export const comm: ProcessText = ({ kernel }, _caller, task) => `${commandOf(kernel, task)}\n`;

/**
 * The arguments, from the memory of the process itself; a program that wrote over their end has a
 * title there, up to its NUL, which may go on into the environment.
 */
export const cmdline: ProcessText = (source, caller, task) => {
  const { kernel } = source;
  if (hasEnded(kernel, task)) return new Uint8Array(0);
  const start = kernel.attribute(task, ATTRIBUTE.argumentsStart);
  const end = kernel.attribute(task, ATTRIBUTE.argumentsEnd);
  const last = memoryOf(source, caller, task, end - 1, end)[0] ?? 0;
  if (start >= end || last === 0) return memoryOf(source, caller, task, start, end);
  const isNext = kernel.attribute(task, ATTRIBUTE.environmentStart) === end;
  const limit = isNext ? kernel.attribute(task, ATTRIBUTE.environmentEnd) : end;
  const title = memoryOf(source, caller, task, start, Math.min(limit, start + TITLE_BYTES_MAX));
  const length = title.indexOf(0);
  return length < 0 ? title : title.subarray(0, length + 1);
};

/** The environment as execve put it, from the memory of the process itself. */
export const environ: ProcessText = (source, caller, task) => {
  const { kernel } = source;
  if (hasEnded(kernel, task)) return new Uint8Array(0);
  const start = kernel.attribute(task, ATTRIBUTE.environmentStart);
  return memoryOf(source, caller, task, start, kernel.attribute(task, ATTRIBUTE.environmentEnd));
};

/** The auxiliary vector (getauxval(3)). */
export const auxv: ProcessText = ({ kernel }, _caller, task) =>
  hasEnded(kernel, task)
    ? new Uint8Array(0)
    : recordOf(kernel, kernel.attribute(task, ATTRIBUTE.process), RECORD.auxiliaryVector);

/** The regions of its memory. */
export const maps: ProcessText = ({ kernel, memory }, caller, task) =>
  piecesOf(kernel, caller, (offset, buffer, lengthBytes) =>
    memory.describeMaps(caller, task, offset, buffer, lengthBytes),
  );

/** The regions of its memory, each with how much of it is resident. */
export const smaps: ProcessText = (source, caller, task) => usesOf(source, caller, task);

const usesOf = ({ kernel, memory }: Source, caller: TaskId, task: TaskId): Uint8Array =>
  piecesOf(kernel, caller, (offset, buffer, lengthBytes) =>
    memory.describeUse(caller, task, offset, buffer, lengthBytes),
  );

/** The figures of smaps, added up over all regions. */
export const smapsRollup: ProcessText = (source, caller, task) => {
  const sums = new Map<string, number>();
  let first = "";
  let last = "";
  for (const line of textOf(usesOf(source, caller, task)).split("\n")) {
    const figure = /^(\w+): +(\d+) kB$/.exec(line);
    const [, name = "", kilobytes = ""] = figure ?? [];
    if (figure !== null) sums.set(name, (sums.get(name) ?? 0) + Number(kilobytes));
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (range === null) continue;
    first ||= range[1] ?? "";
    last = range[2] ?? "";
  }
  if (first === "") return "";
  const head = `${first}-${last} ---p 00000000 00:00 0 `.padEnd(73);
  const rows = [...sums].filter(([name]) => !OF_ONE_REGION.includes(name));
  return `${head}[rollup]\n${rows
    .map(([name, sum]) => `${`${name}:`.padEnd(16)}${String(sum).padStart(8)} kB\n`)
    .join("")}`;
};

const OF_ONE_REGION: readonly string[] = Object.freeze(["Size", "KernelPageSize", "MMUPageSize"]);

/** The mounts, as fstab(5) would have them. */
export const mounts: ProcessText = ({ kernel }) => recordOf(kernel, 0, RECORD.mounts);

/** The mounts with their relations (proc_pid_mountinfo(5)). */
export const mountInfo: ProcessText = ({ kernel }) => recordOf(kernel, 0, RECORD.mountInfo);

/** The sockets of the system: all processes have the same network. */
export const sockets: ProcessText = ({ kernel, network }, caller) =>
  piecesOf(kernel, caller, (offset, buffer, lengthBytes) =>
    network.describe(caller, offset, buffer, lengthBytes),
  );

/** Names and units of the limits, by number (RLIMIT_*), in the order of the file. */
const LIMITS: readonly (readonly [number, string, string])[] = Object.freeze([
  [0, "Max cpu time", "seconds"],
  [1, "Max file size", "bytes"],
  [2, "Max data size", "bytes"],
  [3, "Max stack size", "bytes"],
  [4, "Max core file size", "bytes"],
  [5, "Max resident set", "bytes"],
  [6, "Max processes", "processes"],
  [7, "Max open files", "files"],
  [8, "Max locked memory", "bytes"],
  [9, "Max address space", "bytes"],
  [10, "Max file locks", "locks"],
  [11, "Max pending signals", "signals"],
  [12, "Max msgqueue size", "bytes"],
  [13, "Max nice priority", ""],
  [14, "Max realtime priority", ""],
  [15, "Max realtime timeout", "us"],
] as const);
const RESIDENT_LIMIT = 5;

const limitOf = (value: number, unlimited: string): string =>
  value >= LIMIT_INFINITY ? unlimited : String(value);

/** Soft and hard limits (getrlimit(2)). */
export const limits: ProcessText = ({ kernel }, _caller, task) => {
  const head = ["Limit".padEnd(25), "Soft Limit".padEnd(20), "Hard Limit".padEnd(20)].join(" ");
  const line = ([number, name, unit]: (typeof LIMITS)[number]): string => {
    const soft = limitOf(kernel.attribute(task, ATTRIBUTE.limits + number), "unlimited");
    const hard = limitOf(kernel.attribute(task, ATTRIBUTE.hardLimits + number), "unlimited");
    const start = `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} `;
    return `${start}${unit === "" ? "" : unit.padEnd(10)}\n`;
  };
  return `${head} ${"Units".padEnd(10)}\n${LIMITS.map(line).join("")}`;
};

/** What the process has moved; nothing goes to or comes from a disk. */
export const io: ProcessText = ({ kernel }, _caller, task) => {
  const get = (which: number): number => kernel.attribute(task, which);
  return (
    `rchar: ${get(ATTRIBUTE.bytesRead)}\nwchar: ${get(ATTRIBUTE.bytesWritten)}\n` +
    `syscr: ${get(ATTRIBUTE.readCalls)}\nsyscw: ${get(ATTRIBUTE.writeCalls)}\n` +
    "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"
  );
};

/** What is added to oom_score, in thousandths of all memory. */
export const oomScoreAdjustment: ProcessText = ({ kernel }, _caller, task) =>
  `${kernel.attribute(task, ATTRIBUTE.oomScoreAdjustment)}\n`;

/** How likely the process is chosen when memory runs out, 0 to 1333 (Linux proc_oom_score). */
export const oomScore: ProcessText = ({ kernel, memory }, caller, task) => {
  const adjustment = kernel.attribute(task, ATTRIBUTE.oomScoreAdjustment);
  if (adjustment <= OOM_NEVER || hasEnded(kernel, task)) return "0\n";
  const total = memory.usage(caller, 0, USAGE.total);
  const share = (memory.usage(caller, task, USAGE.resident) * 1000) / total + adjustment;
  return `${Math.max(0, Math.floor(((1000 + Math.trunc(share)) * 2) / 3))}\n`;
};

const OOM_NEVER = -1000;

/** There are no names for what a task waits in: Linux's answer then, without a newline. */
export const wchan: ProcessText = () => "0";
/** All are in the root of a hierarchy without controllers; nobody has logged in for audit. */
export const cgroup: ProcessText = () => "0::/\n";
export const loginuid: ProcessText = () => "4294967295";

/** The children of a process's leader, each with a space behind it. */
export const children: ProcessText = ({ kernel }, _caller, task) => {
  if (kernel.attribute(task, ATTRIBUTE.process) !== task) return "";
  let list = "";
  for (let id = kernel.nextTask(0); id > 0; id = kernel.nextTask(id)) {
    const isChild = kernel.attribute(id, ATTRIBUTE.parent) === task;
    if (isChild && kernel.attribute(id, ATTRIBUTE.process) === id) list += `${id} `;
  }
  return list;
};
