/**
 * A row of the system-call table: everything that dispatch, --strace and docs/syscalls.md know of a
 * call.
 */
import type { KernelCalls, TaskId } from "../kernel/calls.js";
import type { Result } from "../kernel/protocol.js";
import type { EntropyDriver } from "../services/device/protocol.js";
import type { FileService } from "../services/file/protocol.js";
import type { FutexService } from "../services/futex/protocol.js";
import type { MemoryService } from "../services/memory/protocol.js";
import type { ProcessService } from "../services/process/protocol.js";
import type { SchedulerService } from "../services/scheduler/protocol.js";
import type { TimeService } from "../services/time/protocol.js";
import type { TtyService } from "../services/tty/protocol.js";
import type { ArgumentType } from "./arguments.js";
import type { Prepare } from "./prepare.js";

/** What a row may call. */
export interface Services {
  readonly kernel: KernelCalls;
  readonly process: ProcessService;
  readonly file: FileService;
  readonly memory: MemoryService;
  /** `memory.prepare`, short where all pages are there (prepare.ts). */
  readonly prepare: Prepare;
  readonly futex: FutexService;
  readonly time: TimeService;
  readonly scheduler: SchedulerService;
  readonly tty: TtyService;
  readonly entropy: EntropyDriver;
}

/**
 * The operation of a row: the services, the caller, then the words of the arguments in order (a
 * path is two words: its place in scratch and its length).
 */
export type Operate = (
  services: Services,
  caller: TaskId,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
  word4: number,
  word5: number,
  word6: number,
  word7: number,
  word8: number,
) => Result;

/**
 * What a row does when its call has ended, however it ended. The first word is the result now; the
 * deadline is the call's, in monotonic nanoseconds.
 */
export type Finish = (
  services: Services,
  caller: TaskId,
  words: readonly number[],
  deadlineNanoseconds: number,
) => void;

/** A call that moves bytes and is looped over in chunks by the system-call layer. */
export interface Partial {
  /** "either": a pipe's end says which (vmsplice). */
  readonly direction: "read" | "write" | "either";
  /** Word index of the file offset that goes on with the chunks, or -1: the file's position. */
  readonly offsetWord: number;
  /** Word index of RWF_* flags, or -1. With flags an offset of -1 is the file's position. */
  readonly flagsWord: number;
  /** The range is a vector of struct iovec. */
  readonly isVector: boolean;
}

export interface Row {
  readonly number: number;
  readonly name: string;
  readonly arguments: readonly ArgumentType[];
  /** RESTART, INTERRUPT or NEVER (kernel/upcalls.ts). */
  readonly restart: number;
  /** Whether it can wait; injection is counted for these. */
  readonly canBlock: boolean;
  readonly partial: Partial | undefined;
  /** Word index of a length that the system-call layer does in chunks (sendfile), or -1. */
  readonly chunkWord: number;
  /** Support note for the docs; empty: complete as far as its issue goes. */
  readonly note: string;
  readonly operate: Operate;
  readonly finish?: Finish;
}

/** An operation takes so many words. */
export const WORDS = 9;

/** The words of a call. What is behind those of its row means nothing. */
export type Words = Float64Array;

/** Most rows take no more words than this: the others need not be made numbers of a call. */
export const USUAL_WORDS = 4;

/** Calls the row's operation. @param count how many words it takes */
export function operateRow(
  row: Row,
  services: Services,
  caller: number,
  w: Words,
  count: number,
): Result {
  if (count === 0) return row.operate(services, caller, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  if (count <= 2) {
    return row.operate(services, caller, w[0] as number, w[1] as number, 0, 0, 0, 0, 0, 0, 0);
  }
  if (count <= USUAL_WORDS) {
    return row.operate(
      services,
      caller,
      w[0] as number,
      w[1] as number,
      w[2] as number,
      w[3] as number,
      0,
      0,
      0,
      0,
      0,
    );
  }
  return row.operate(
    services,
    caller,
    w[0] as number,
    w[1] as number,
    w[2] as number,
    w[3] as number,
    w[4] as number,
    w[5] as number,
    w[6] as number,
    w[7] as number,
    w[8] as number,
  );
}

/** Word index of the argument with this index (a path has two words). */
export function wordOf(row: Row, argument: number): number {
  let word = 0;
  for (let i = 0; i < argument; i++) word += row.arguments[i]?.kind === "path" ? 2 : 1;
  return word;
}
