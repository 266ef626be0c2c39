/**
 * /proc/PID/status (proc_pid_status(5)): lines "Name:\tvalue", in the order of Linux. What the
 * system does not know has no line.
 */
import { RLIMIT_SIGPENDING } from "../../abi/process.js";
import { ATTRIBUTE, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import type { ProcessText } from "./process-text.js";
import {
  allTasks,
  commandOf,
  hasEnded,
  PAGE_BYTES,
  PAGE_KILOBYTES,
  type Source,
  stateOf,
  threadsOf,
  USAGE,
} from "./source.js";

type Row = readonly [string, string | number];

const STATE_NAMES: Readonly<Record<string, string>> = Object.freeze({
  R: "running",
  S: "sleeping",
  D: "disk sleep",
  T: "stopped",
  Z: "zombie",
});

const hexadecimal = (value: number): string => value.toString(16).padStart(8, "0");
const mask = (high: number, low: number): string =>
  hexadecimal(high >>> 0) + hexadecimal(low >>> 0);
const capabilities = (set: number): string => set.toString(16).padStart(16, "0");

/** Who it is: ids, relatives, groups. */
function identityRows(kernel: KernelCalls, task: TaskId): Row[] {
  const get = (which: number): number => kernel.attribute(task, which);
  const ids = (first: number): string => [0, 1, 2, 3].map((i) => get(first + i)).join("\t");
  const groups: number[] = [];
  for (let i = 0; i < kernel.groupCount(task); i++) groups.push(kernel.groupAt(task, i));
  const state = stateOf(kernel, task);
  return [
    ["Name", commandOf(kernel, task).replaceAll("\\", "\\\\").replaceAll("\n", "\\n")],
    ["State", `${state} (${STATE_NAMES[state] ?? "unknown"})`],
    ["Tgid", get(ATTRIBUTE.process)],
    ["Ngid", 0],
    ["Pid", task],
    ["PPid", get(ATTRIBUTE.parent)],
    ["TracerPid", 0],
    ["Uid", ids(ATTRIBUTE.userId)],
    ["Gid", ids(ATTRIBUTE.groupId)],
    ["Groups", `${groups.join(" ")} `],
    ["NStgid", get(ATTRIBUTE.process)],
    ["NSpid", task],
    ["NSpgid", get(ATTRIBUTE.group)],
    ["NSsid", get(ATTRIBUTE.session)],
    ["Kthread", 0],
  ];
}

/** Memory; a process that has ended has none. */
function memoryRows({ kernel, memory }: Source, caller: TaskId, task: TaskId): Row[] {
  if (hasEnded(kernel, task)) return [];
  const usage = (figure: number): number => memory.usage(caller, task, figure);
  const resident = usage(USAGE.resident);
  const shared = usage(USAGE.shared);
  const [start, end] = [ATTRIBUTE.codeStart, ATTRIBUTE.codeEnd].map(
    (which) => kernel.attribute(task, which) / PAGE_BYTES,
  ) as [number, number];
  const program = Math.ceil(end) - Math.floor(start);
  const rows: readonly (readonly [string, number])[] = [
    ["VmPeak", usage(USAGE.virtualPeak)],
    ["VmSize", usage(USAGE.virtual)],
    ["VmLck", usage(USAGE.locked)],
    ["VmHWM", usage(USAGE.residentPeak)],
    ["VmRSS", resident],
    ["RssAnon", resident - shared],
    ["RssFile", shared],
    ["VmData", usage(USAGE.data)],
    ["VmStk", usage(USAGE.stack)],
    ["VmExe", program],
    ["VmLib", Math.max(0, usage(USAGE.code) - program)],
    ["VmPTE", usage(USAGE.tables)],
    ["VmSwap", 0],
  ];
  return rows.map(([name, pages]) => [name, `${pages * PAGE_KILOBYTES} kB`.padStart(11)]);
}

/** Signals that wait for the user's processes, of as many as may. */
function queuedRow(kernel: KernelCalls, task: TaskId): Row {
  const user = kernel.attribute(task, ATTRIBUTE.userId);
  let queued = 0;
  for (const id of allTasks(kernel)) {
    if (kernel.attribute(id, ATTRIBUTE.userId) !== user) continue;
    queued += kernel.attribute(id, ATTRIBUTE.queuedSignals);
  }
  return ["SigQ", `${queued}/${kernel.attribute(task, ATTRIBUTE.limits + RLIMIT_SIGPENDING)}`];
}

function signalRows(kernel: KernelCalls, task: TaskId): Row[] {
  const set = (high: number, low: number): string =>
    mask(kernel.attribute(task, high), kernel.attribute(task, low));
  return [
    queuedRow(kernel, task),
    ["SigPnd", set(ATTRIBUTE.ownPendingHigh, ATTRIBUTE.ownPendingLow)],
    ["ShdPnd", set(ATTRIBUTE.sharedPendingHigh, ATTRIBUTE.sharedPendingLow)],
    ["SigBlk", mask(kernel.signalMaskHigh(task), kernel.signalMaskLow(task))],
    ["SigIgn", set(ATTRIBUTE.ignoredHigh, ATTRIBUTE.ignoredLow)],
    ["SigCgt", set(ATTRIBUTE.caughtHigh, ATTRIBUTE.caughtLow)],
  ];
}

/** The text of status. */
export const status: ProcessText = (source, caller, task) => {
  const { kernel } = source;
  const get = (which: number): number => kernel.attribute(task, which);
  const rows: readonly Row[] = [
    ...identityRows(kernel, task),
    ...memoryRows(source, caller, task),
    ["Threads", threadsOf(kernel, get(ATTRIBUTE.process)).length],
    ...signalRows(kernel, task),
    ["CapInh", capabilities(get(ATTRIBUTE.inheritableCapabilities))],
    ["CapPrm", capabilities(get(ATTRIBUTE.permittedCapabilities))],
    ["CapEff", capabilities(get(ATTRIBUTE.effectiveCapabilities))],
    ["CapBnd", capabilities(get(ATTRIBUTE.boundingCapabilities))],
    ["CapAmb", capabilities(get(ATTRIBUTE.ambientCapabilities))],
    ["NoNewPrivs", get(ATTRIBUTE.noNewPrivileges)],
    ["Seccomp", 0],
    ["Cpus_allowed", 1],
    ["Cpus_allowed_list", 0],
    ["Mems_allowed", 1],
    ["Mems_allowed_list", 0],
    ["voluntary_ctxt_switches", get(ATTRIBUTE.voluntarySwitches)],
    ["nonvoluntary_ctxt_switches", get(ATTRIBUTE.involuntarySwitches)],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join("");
};
