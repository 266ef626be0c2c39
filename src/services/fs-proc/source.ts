/**
 * What the texts of /proc are made from (the kernel's attributes, figures and published records,
 * and the services below), and the few ways in which all texts use it. Times are in ticks of 1/100
 * s; the processor time of a task is what it was charged, in instructions, as time.
 */
import { ATTRIBUTE, type KernelCalls, RECORD, type TaskId } from "../../kernel/calls.js";
import { RANGE_BYTES_MAX } from "../../kernel/protocol.js";
import { textOf } from "../../kernel/texts.js";
import { NANOSECONDS_PER_INSTRUCTION } from "../../kernel/time.js";
import type { MemoryService } from "../memory/protocol.js";
import type { NetworkService } from "../network/protocol.js";
import type { TtyService } from "../tty/protocol.js";

export const NANOSECONDS_PER_TICK = 1e7;
export const PAGE_KILOBYTES = 4;
export const PAGE_BYTES = 4096;
/** Most records are shorter than the first look at them; longer ones take another. */
const RECORD_BYTES_FIRST = 256;
const RECORD_BYTES_FACTOR = 16;

/** Figures of memory.usage, of a task and (behind them) of the system. */
export const USAGE = Object.freeze({
  virtual: 0,
  resident: 1,
  shared: 2,
  code: 3,
  data: 4,
  stack: 5,
  locked: 6,
  residentPeak: 7,
  tables: 8,
  virtualPeak: 9,
  breakStart: 10,
  total: 0,
  free: 1,
  cached: 2,
} as const);

/** What fs-proc keeps for its texts. */
export interface Remembered {
  /** /proc/sys/kernel/random/boot_id, made when first asked for; empty: not yet. */
  bootId: string;
}

/** What the texts are made from. */
export interface Source {
  readonly kernel: KernelCalls;
  readonly memory: MemoryService;
  readonly tty: TtyService;
  readonly network: NetworkService;
  readonly remembered: Remembered;
}

/** A published record of any length; empty if there is none. */
export function recordOf(kernel: KernelCalls, task: TaskId, record: number): Uint8Array {
  for (let size = RECORD_BYTES_FIRST; ; size *= RECORD_BYTES_FACTOR) {
    const bytes = new Uint8Array(size);
    const length = kernel.readPublished(task, record, 0, bytes);
    if (length < size) return bytes.subarray(0, Math.max(0, length));
  }
}

/** A record of the system as text. */
export const systemRecord = (kernel: KernelCalls, record: number): string =>
  textOf(recordOf(kernel, 0, record));

/** Ticks that so many instructions take. */
export const ticks = (instructions: number): number =>
  Math.floor((instructions * NANOSECONDS_PER_INSTRUCTION) / NANOSECONDS_PER_TICK);

/** Name of a task: its own (PR_SET_NAME) or its process's. */
export function commandOf(kernel: KernelCalls, task: TaskId): string {
  const own = recordOf(kernel, task, RECORD.command);
  if (own.length > 0) return textOf(own);
  return textOf(recordOf(kernel, kernel.attribute(task, ATTRIBUTE.process), RECORD.command));
}

/** The letter of the task's state. */
export const stateOf = (kernel: KernelCalls, task: TaskId): string =>
  String.fromCharCode(kernel.attribute(task, ATTRIBUTE.stateCode));

/** Whether the task's process has ended: it has no memory any more. */
export const hasEnded = (kernel: KernelCalls, task: TaskId): boolean =>
  kernel.attribute(kernel.attribute(task, ATTRIBUTE.process), ATTRIBUTE.ending) !== 0;

/** The threads of a process, by id. */
export function threadsOf(kernel: KernelCalls, process: TaskId): TaskId[] {
  const threads: TaskId[] = [];
  for (let id = kernel.nextThread(process, 0); id > 0; id = kernel.nextThread(process, id)) {
    threads.push(id);
  }
  return threads;
}

/** All tasks, by id. */
export function allTasks(kernel: KernelCalls): TaskId[] {
  const tasks: TaskId[] = [];
  for (let id = kernel.nextTask(0); id > 0; id = kernel.nextTask(id)) tasks.push(id);
  return tasks;
}

/** Bytes [start, end) of a task's memory; fewer if not all of it is there. */
export function memoryOf(
  source: Source,
  caller: TaskId,
  task: TaskId,
  start: number,
  end: number,
): Uint8Array {
  const { kernel, memory } = source;
  const bytes = new Uint8Array(Math.max(0, end - start));
  const scratch = kernel.scratch(caller, Math.min(bytes.length, RANGE_BYTES_MAX));
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, RANGE_BYTES_MAX);
    const got = memory.readSpace(caller, task, start + done, scratch, length);
    if (got <= 0 || kernel.copyIn(caller, scratch, bytes, done, got) < 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

/** A text that the memory service gives in pieces. */
export function piecesOf(
  kernel: KernelCalls,
  caller: TaskId,
  piece: (offset: number, buffer: number, lengthBytes: number) => number,
): Uint8Array {
  const scratch = kernel.scratch(caller, RANGE_BYTES_MAX);
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const got = piece(total, scratch, RANGE_BYTES_MAX);
    if (got <= 0) break;
    const bytes = new Uint8Array(got);
    if (kernel.copyIn(caller, scratch, bytes, 0, got) < 0) break;
    pieces.push(bytes);
    total += got;
    if (got < RANGE_BYTES_MAX) break;
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const bytes of pieces) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

/** "Name:    12 kB" lines, with the name padded to a column. */
export const kilobyteLines = (
  rows: readonly (readonly [string, number])[],
  column: number,
): string =>
  rows
    .map(([name, pages]) => {
      const kilobytes = String(Math.floor(pages * PAGE_KILOBYTES)).padStart(8);
      return `${`${name}:`.padEnd(column)}${kilobytes} kB\n`;
    })
    .join("");
