/**
 * The texts of /proc (proc(5)), from task attributes, published records and figures of the memory
 * service. Times are in ticks of 1/100 s; the processor time of a task is what it has been charged,
 * in instructions, as time of the kernel.
 */
import { SIGCHLD } from "../../abi/signal.js";
import { ATTRIBUTE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import { NANOSECONDS_PER_INSTRUCTION } from "../../kernel/time.js";
import type { MemoryService } from "../memory/protocol.js";
import { PROCESS, SYSTEM } from "./nodes.js";

const NANOSECONDS_PER_TICK = 1e7;
const PAGE_KILOBYTES = 4;
const TASK_ID_MAX = 32768;
/** Most records are shorter than the first look at them; longer ones take another. */
const RECORD_BYTES_FIRST = 256;
const RECORD_BYTES_FACTOR = 16;
const DEVICE_CONSOLE = 0x501;
const LIMIT_INFINITY = "18446744073709551615";
/** /proc/PID/stat shows signals 1 to 31 only. */
const SIGNALS_SHOWN = 0x7fff_ffff;

/** What the texts are made from. */
export interface Source {
  readonly kernel: KernelCalls;
  readonly memory: MemoryService;
  readonly release: string;
}

/** A published record of any length; empty if there is none. */
export function recordOf(kernel: KernelCalls, task: TaskId, record: number): Uint8Array {
  for (let size = RECORD_BYTES_FIRST; ; size *= RECORD_BYTES_FACTOR) {
    const bytes = new Uint8Array(size);
    const length = kernel.readPublished(task, record, 0, bytes);
    if (length < size) return bytes.subarray(0, Math.max(0, length));
  }
}

/**
 * What a process published at its execve. A process that has ended has no memory any more, so that
 * nothing of it is shown (proc_pid_cmdline(5)).
 */
export function programRecord(kernel: KernelCalls, task: TaskId, record: number): Uint8Array {
  const process = kernel.attribute(task, ATTRIBUTE.process);
  const isEnding = kernel.attribute(process, ATTRIBUTE.ending) !== 0;
  return isEnding ? new Uint8Array(0) : recordOf(kernel, process, record);
}

const textOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

const ticks = (instructions: number): number =>
  Math.floor((instructions * NANOSECONDS_PER_INSTRUCTION) / NANOSECONDS_PER_TICK);

/** Name of a task: its own (PR_SET_NAME) or its process's. */
function commandOf(kernel: KernelCalls, task: TaskId): string {
  const own = recordOf(kernel, task, RECORD.command);
  if (own.length > 0) return textOf(own);
  return textOf(recordOf(kernel, kernel.attribute(task, ATTRIBUTE.process), RECORD.command));
}

const stateOf = (kernel: KernelCalls, task: TaskId): string =>
  String.fromCharCode(kernel.attribute(task, ATTRIBUTE.stateCode));

function threadsOf(kernel: KernelCalls, process: number): number[] {
  const threads: number[] = [];
  for (let id = kernel.nextThread(process, 0); id > 0; id = kernel.nextThread(process, id)) {
    threads.push(id);
  }
  return threads;
}

function allTasks(kernel: KernelCalls): number[] {
  const tasks: number[] = [];
  for (let id = kernel.nextTask(0); id > 0; id = kernel.nextTask(id)) tasks.push(id);
  return tasks;
}

/**
 * /proc/PID/stat (proc_pid_stat(5)).
 * @param single the thread alone (below /proc/PID/task), not its whole process
 */
function statLine(source: Source, caller: TaskId, task: TaskId, single: boolean): string {
  const { kernel, memory } = source;
  const process = kernel.attribute(task, ATTRIBUTE.process);
  const get = (which: number): number => kernel.attribute(task, which);
  const threads = threadsOf(kernel, process);
  const counted = single ? [task] : threads;
  const sum = (which: number): number =>
    counted.reduce((total, id) => total + kernel.attribute(id, which), 0);
  const nice = get(ATTRIBUTE.nice);
  const fields = new Array<number | string>(52).fill(0);
  fields[0] = task;
  fields[1] = `(${commandOf(kernel, task)})`;
  fields[2] = stateOf(kernel, task);
  fields[3] = get(ATTRIBUTE.parent);
  fields[4] = get(ATTRIBUTE.group);
  fields[5] = get(ATTRIBUTE.session);
  fields[6] = get(ATTRIBUTE.terminal) > 0 ? DEVICE_CONSOLE : 0;
  fields[7] = -1;
  fields[13] = ticks(sum(ATTRIBUTE.userInstructions));
  fields[14] = ticks(sum(ATTRIBUTE.kernelInstructions));
  fields[17] = 20 + nice;
  fields[18] = nice;
  fields[19] = threads.length;
  fields[21] = Math.floor(get(ATTRIBUTE.startNanoseconds) / NANOSECONDS_PER_TICK);
  fields[22] = memory.usage(caller, task, 0) * PAGE_KILOBYTES * 1024;
  fields[23] = memory.usage(caller, task, 1);
  fields[24] = LIMIT_INFINITY;
  fields[30] = kernel.pendingLow(task) & SIGNALS_SHOWN;
  fields[31] = kernel.signalMaskLow(task) & SIGNALS_SHOWN;
  fields[37] = SIGCHLD;
  return `${fields.join(" ")}\n`;
}

const STATE_NAMES: Readonly<Record<string, string>> = Object.freeze({
  R: "running",
  S: "sleeping",
  T: "stopped",
  Z: "zombie",
});

const mask = (high: number, low: number): string =>
  (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");

/** Rows of /proc/PID/status about memory; a process that has ended has none. */
function memoryRows(source: Source, caller: TaskId, task: TaskId): (readonly [string, string])[] {
  const { kernel, memory } = source;
  if (kernel.attribute(task, ATTRIBUTE.ending) !== 0) return [];
  const [size = 0, resident = 0, shared = 0, text = 0, data = 0, stack = 0] = [
    0, 1, 2, 3, 4, 5,
  ].map((figure) => memory.usage(caller, task, figure));
  const rows: readonly (readonly [string, number])[] = [
    ["VmSize", size],
    ["VmRSS", resident],
    ["RssAnon", resident - shared],
    ["RssFile", shared],
    ["VmData", data],
    ["VmStk", stack],
    ["VmExe", text],
    ["VmSwap", 0],
  ];
  return rows.map(([name, pages]) => [name, `${pages * PAGE_KILOBYTES} kB`.padStart(11)]);
}

/** /proc/PID/status (proc_pid_status(5)); what the system does not know has no line. */
function status(source: Source, caller: TaskId, task: TaskId): string {
  const { kernel } = source;
  const get = (which: number): number => kernel.attribute(task, which);
  const process = get(ATTRIBUTE.process);
  const state = stateOf(kernel, task);
  const ids = (first: number): string => [0, 1, 2, 3].map((i) => get(first + i)).join("\t");
  const groups: number[] = [];
  for (let i = 0; i < kernel.groupCount(task); i++) groups.push(kernel.groupAt(task, i));
  const rows: readonly (readonly [string, string | number])[] = [
    ["Name", commandOf(kernel, task).replaceAll("\\", "\\\\").replaceAll("\n", "\\n")],
    ["State", `${state} (${STATE_NAMES[state] ?? "unknown"})`],
    ["Tgid", process],
    ["Ngid", 0],
    ["Pid", task],
    ["PPid", get(ATTRIBUTE.parent)],
    ["TracerPid", 0],
    ["Uid", ids(ATTRIBUTE.userId)],
    ["Gid", ids(ATTRIBUTE.groupId)],
    ["Groups", `${groups.join(" ")} `],
    ["NStgid", process],
    ["NSpid", task],
    ["NSpgid", get(ATTRIBUTE.group)],
    ["NSsid", get(ATTRIBUTE.session)],
    ...memoryRows(source, caller, task),
    ["Threads", threadsOf(kernel, process).length],
    ["SigPnd", mask(kernel.pendingHigh(task), kernel.pendingLow(task))],
    ["SigBlk", mask(kernel.signalMaskHigh(task), kernel.signalMaskLow(task))],
    ["Cpus_allowed", 1],
    ["Cpus_allowed_list", 0],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join("");
}

function statm(source: Source, caller: TaskId, task: TaskId): string {
  const usage = (figure: number): number => source.memory.usage(caller, task, figure);
  return `${[usage(0), usage(1), usage(2), usage(3), 0, usage(4) + usage(5), 0].join(" ")}\n`;
}

/**
 * Text of a process's or thread's file.
 * @param single it was asked of a thread
 * @returns bytes; undefined: the file has another source (maps)
 */
export function processText(
  source: Source,
  caller: TaskId,
  task: TaskId,
  kind: number,
  single: boolean,
): Uint8Array | undefined {
  const { kernel } = source;
  switch (kind) {
    case PROCESS.stat:
      return bytesOf(statLine(source, caller, task, single));
    case PROCESS.status:
      return bytesOf(status(source, caller, task));
    case PROCESS.statm:
      return bytesOf(statm(source, caller, task));
    case PROCESS.comm:
      return bytesOf(`${commandOf(kernel, task)}\n`);
    case PROCESS.cmdline:
      return programRecord(kernel, task, RECORD.arguments);
    case PROCESS.environ:
      return new Uint8Array(0);
    case PROCESS.mounts:
      return recordOf(kernel, 0, RECORD.mounts);
    default:
      return undefined;
  }
}

function meminfo(source: Source, caller: TaskId): string {
  const usage = (figure: number): number => source.memory.usage(caller, 0, figure);
  const [total, free, cached] = [usage(0), usage(1), usage(2)];
  const rows: readonly (readonly [string, number])[] = [
    ["MemTotal", total],
    ["MemFree", free],
    ["MemAvailable", free],
    ["Buffers", 0],
    ["Cached", cached],
    ["SwapCached", 0],
    ["Active", total - free],
    ["Inactive", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Shmem", cached],
    ["SReclaimable", 0],
  ];
  const line = ([name, frames]: readonly [string, number]): string =>
    `${`${name}:`.padEnd(16)}${String(frames * PAGE_KILOBYTES).padStart(8)} kB\n`;
  return rows.map(line).join("");
}

/** Processor times since boot in ticks: user, system, idle. One hart: what is not used is idle. */
function processorTimes(source: Source): { user: number; system: number; idle: number } {
  const { kernel } = source;
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

/** How many tasks run or could, and the highest id. */
function taskCounts(kernel: KernelCalls): { total: number; running: number; last: number } {
  const tasks = allTasks(kernel);
  const running = tasks.filter((task) => stateOf(kernel, task) === "R").length;
  return { total: tasks.length, running, last: tasks.at(-1) ?? 0 };
}

/** /proc/stat (proc_stat(5)); `processes` is the highest id in use, the nearest that is known. */
function systemStat(source: Source): string {
  const { kernel } = source;
  const { user, system, idle } = processorTimes(source);
  const times = `${user} 0 ${system} ${idle} 0 0 0 0 0 0`;
  const boot = kernel.realtimeSeconds() - Math.floor(kernel.monotonicNanoseconds() / 1e9);
  const { running, last } = taskCounts(kernel);
  return (
    `cpu  ${times}\ncpu0 ${times}\nintr 0\nctxt 0\nbtime ${boot}\n` +
    `processes ${last}\nprocs_running ${running}\nprocs_blocked 0\n`
  );
}

const CPUINFO =
  "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc_zicsr_zifencei\nmmu\t\t: sv39\n" +
  "uarch\t\t: sixfold\n";

/** Text of a system file. @returns undefined: there is none such */
export function systemText(source: Source, caller: TaskId, kind: number): Uint8Array | undefined {
  const { kernel } = source;
  const seconds = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(2);
  switch (kind) {
    case SYSTEM.meminfo:
      return bytesOf(meminfo(source, caller));
    case SYSTEM.uptime: {
      const idle = processorTimes(source).idle * NANOSECONDS_PER_TICK;
      return bytesOf(`${seconds(kernel.monotonicNanoseconds())} ${seconds(idle)}\n`);
    }
    case SYSTEM.loadavg: {
      const { total, running, last } = taskCounts(kernel);
      return bytesOf(`0.00 0.00 0.00 ${running}/${total} ${last}\n`);
    }
    case SYSTEM.stat:
      return bytesOf(systemStat(source));
    case SYSTEM.cpuinfo:
      return bytesOf(CPUINFO);
    case SYSTEM.version: {
      const version = textOf(recordOf(kernel, 0, RECORD.version));
      return bytesOf(`Linux version ${source.release} (sixfold) ${version}\n`);
    }
    case SYSTEM.filesystems:
      return bytesOf("nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc\n");
    case SYSTEM.mounts:
      return recordOf(kernel, 0, RECORD.mounts);
    case SYSTEM.hostname:
      return bytesOf(`${textOf(recordOf(kernel, 0, RECORD.hostName))}\n`);
    case SYSTEM.ostype:
      return bytesOf("Linux\n");
    case SYSTEM.osrelease:
      return bytesOf(`${source.release}\n`);
    case SYSTEM.kernelVersion:
      return bytesOf(`${textOf(recordOf(kernel, 0, RECORD.version))}\n`);
    case SYSTEM.pidMax:
      return bytesOf(`${TASK_ID_MAX}\n`);
    case SYSTEM.cmdline:
      return bytesOf("\n");
    default:
      return undefined;
  }
}
