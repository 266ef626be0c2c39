/**
 * Dispatch: from the registers of an ecall to the operation of its row, and again for a re-run.
 *
 *   registers → words     convert; paths copied once into scratch; ranges faulted in
 *   words → operation     once, or in chunks for calls that move bytes (partial.ts)
 *   result                returned to the kernel, which ends or parks the call
 */
import { EFAULT, EINVAL, ENAMETOOLONG, ENOSYS } from "../abi/errno.js";
import { CALL_START } from "../kernel/call-record.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import type { Kernel } from "../kernel/kernel.js";
import { ACCESS_READ, PAGE_BYTES, USER_ADDRESS_LIMIT, WORD_X } from "../kernel/platform.js";
import {
  BLOCKED,
  RANGE_BYTES_MAX,
  type Result,
  SCRATCH_BASE,
  SCRATCH_STRIDE_BYTES,
} from "../kernel/protocol.js";
import type { Task } from "../kernel/tasks.js";
import { RESTART, type SystemCallLayer } from "../kernel/upcalls.js";
import { CURRENT_DIRECTORY } from "../services/file/protocol.js";
import { runChunks, runPartial } from "./partial.js";
import {
  KIND_INT,
  KIND_LONG,
  KIND_PATH,
  KIND_SIZE,
  KIND_UNSIGNED,
  type Plan,
  planOf,
  type RangePlan,
} from "./plan.js";
import { abandon } from "./process-calls.js";
import {
  operateRow,
  type Partial,
  type Row,
  type Services,
  USUAL_WORDS,
  WORDS,
  type Words,
} from "./row.js";
import type { Tracer } from "./trace.js";

/** Longest path with its NUL (PATH_MAX). */
const PATH_BYTES_MAX = 4096;
/** Buffers of longer paths are made anew each time. */
const SPARE_BYTES_MAX = 255;
/** What every address outside user space becomes: not scratch, and never mapped. */
const INVALID_ADDRESS = USER_ADDRESS_LIMIT * 2;
/** Where a context's argument registers begin. */
const A0 = WORD_X + 2 * 10;

export interface DispatchOptions {
  /** Tells once of each call that is not there. */
  readonly report: (line: string) => void;
  readonly tracer: Tracer | undefined;
}

export class Dispatch implements SystemCallLayer {
  private readonly rows: readonly (Row | undefined)[];
  private readonly plans: readonly (Plan | undefined)[];
  /** Calls that programs made and that no row has, for the report. */
  readonly state: { readonly missing: Set<number> } = { missing: new Set() };

  /** Where a path is gathered until its end is known. */
  private readonly pathBytes = new Uint8Array(PATH_BYTES_MAX);
  /** By length: the bytes of a path of an earlier call, to be used again. */
  private readonly spare: (Uint8Array | undefined)[] = new Array(SPARE_BYTES_MAX + 1);
  /** The words of the call that is being run. */
  private readonly words: Words = new Float64Array(WORDS);

  constructor(
    readonly kernel: Kernel,
    readonly services: Services,
    table: readonly Row[],
    private readonly options: DispatchOptions,
  ) {
    const rows: (Row | undefined)[] = [];
    const plans: (Plan | undefined)[] = [];
    for (const row of table) {
      rows[row.number] = row;
      plans[row.number] = planOf(row);
    }
    this.rows = rows;
    this.plans = plans;
  }

  run(task: Task): Result {
    const record = task.call;
    if (record.kind === CALL_START) return this.start(task);
    const plan = this.plans[record.number];
    if (plan === undefined) return this.missing(record.number);
    if (record.scratch.length > record.inputs) record.scratch.length = record.inputs;
    const { words } = this;
    const { row } = plan;
    const failed = this.collect(task, plan, words);
    this.options.tracer?.enter(this.kernel, task, row, Array.from(words));
    if (failed !== 0) return failed;
    if (plan.partial !== undefined) return runPartial(this, task, row, plan.partial, words);
    if (row.chunkWord >= 0) return runChunks(this, task, row, words, plan.words);
    return operateRow(row, this.services, task.id, words, plan.words);
  }

  finished(task: Task, result: Result): void {
    const plan = task.call.kind === CALL_START ? undefined : this.plans[task.call.number];
    if (plan !== undefined) {
      if (plan.partial !== undefined) this.countTransfer(task, plan.partial, result);
      if (plan.finish !== undefined) {
        const { platform } = this.kernel;
        const base = platform.registersBase(task.context) + A0;
        const words = Array.from(plan.kinds, (kind, index) =>
          wordOfRegister(platform.words, base + 2 * index, kind),
        );
        plan.finish(this.services, task.id, words, task.call.deadline);
      }
    }
    this.options.tracer?.leave(this.kernel, task, this.rows[task.call.number], result);
    if (plan !== undefined && task.call.inputs > 0) this.giveBack(task.call);
  }

  /** What /proc/PID/io shows. */
  private countTransfer(task: Task, { direction }: Partial, result: Result): void {
    if (direction === "either") return;
    const { attributes } = this.kernel.tasks.process(task.process);
    const isRead = direction === "read";
    attributes[isRead ? ATTRIBUTE.readCalls : ATTRIBUTE.writeCalls]!++;
    if (result > 0) attributes[isRead ? ATTRIBUTE.bytesRead : ATTRIBUTE.bytesWritten]! += result;
  }

  restartClass(callNumber: number): number {
    return this.rows[callNumber]?.restart ?? RESTART;
  }

  abandon(task: Task, status: number): void {
    abandon(this.services, task.id, status);
  }

  /** Faults a range in. @returns bytes that can be copied now, -EFAULT, -ENOMEM or BLOCKED */
  prepare(task: Task, address: number, lengthBytes: number, access: number): Result {
    const length = Math.min(lengthBytes, RANGE_BYTES_MAX);
    if (length === 0 || address >= SCRATCH_BASE) return length;
    if (address >= USER_ADDRESS_LIMIT) return -EFAULT;
    if ((access & ACCESS_READ) !== 0 && access !== ACCESS_READ) {
      const readable = this.prepare(task, address, length, ACCESS_READ);
      if (readable < length) return readable;
      return this.prepare(task, address, length, access & ~ACCESS_READ);
    }
    const present = this.kernel.memory.present(task.space, address, length, access);
    if (present === length) return length;
    return this.services.memory.prepare(task.id, address, length, access);
  }

  /** The words of the call's arguments. @returns 0, -errno or BLOCKED */
  private collect(task: Task, plan: Plan, words: Words): Result {
    const { platform } = this.kernel;
    const base = platform.registersBase(task.context) + A0;
    const registers = platform.words;
    const { kinds } = plan;
    let word = 0;
    let input = 0;
    let failed: Result = 0;
    for (let index = 0; index < kinds.length; index++) {
      const kind = kinds[index] as number;
      const value = wordOfRegister(registers, base + 2 * index, kind);
      if (kind !== KIND_PATH) {
        words[word++] = value;
        continue;
      }
      if (value === 0 && plan.optionalPaths[index] !== 0) {
        words[word++] = 0;
        words[word++] = 0;
        continue;
      }
      const done = failed === 0 ? this.copyPath(task, value, input) : failed;
      if (done < 0) failed = done;
      words[word++] = SCRATCH_BASE + input * SCRATCH_STRIDE_BYTES;
      words[word++] = done < 0 ? 0 : done;
      input++;
    }
    const end = word <= USUAL_WORDS ? USUAL_WORDS : WORDS;
    while (word < end) words[word++] = 0;
    return failed !== 0 || plan.ranges.length === 0
      ? failed
      : this.prepareRanges(task, plan, words);
  }

  private prepareRanges(task: Task, plan: Plan, words: Words): Result {
    const { ranges } = plan;
    const { memory } = this.kernel;
    const { space } = task;
    for (let index = 0; index < ranges.length; index++) {
      const range = ranges[index] as RangePlan;
      const at = words[range.word] as number;
      if (range.isOptional && at === 0) continue;
      const { lengthWord, elementBytes, lengthBytes } = range;
      if (range.isPlain && memory.present(space, at, lengthBytes, range.access) === lengthBytes) {
        continue;
      }
      const length = lengthWord < 0 ? lengthBytes : elementBytes * (words[lengthWord] as number);
      // The operation answers what a negative or absurd length deserves.
      if (!(length > 0 && length <= RANGE_BYTES_MAX)) {
        if (length > RANGE_BYTES_MAX && elementBytes > 1) return -EINVAL;
        if (!(length > 0)) continue;
      }
      const ready = this.prepare(task, at, length, range.access);
      if (ready === BLOCKED || ready < 0) return ready;
      const isShort = ready < Math.min(length, RANGE_BYTES_MAX);
      if (isShort && (lengthWord < 0 || elementBytes > 1)) return -EFAULT;
      if (ready < length && lengthWord >= 0 && elementBytes === 1) words[lengthWord] = ready;
    }
    return 0;
  }

  /** Copies a string of the caller into scratch buffer `input`, once. @returns its length */
  private copyPath(task: Task, start: number, input: number): Result {
    const record = task.call;
    const known = record.scratch[input];
    if (input < record.inputs && known !== undefined) return known.length;
    const bytes = this.pathBytes;
    let length = 0;
    while (length < PATH_BYTES_MAX) {
      const at = start + length;
      const left = Math.min(PAGE_BYTES - (at & (PAGE_BYTES - 1)), PATH_BYTES_MAX - length);
      const ready = this.prepare(task, at, 1, ACCESS_READ);
      if (ready < 0) return ready;
      const count = this.kernel.memory.readText(task.space, at, bytes, length, left);
      if (count < 0) return count;
      length += count;
      if (count < left) return this.keepPath(record, length);
    }
    return -ENAMETOOLONG;
  }

  /** Keeps what was gathered as the call's next input. */
  private keepPath(record: Task["call"], length: number): Result {
    record.scratch.push(this.copyOfPath(length));
    record.inputs = record.scratch.length;
    record.dirty = true;
    return length;
  }

  private copyOfPath(length: number): Uint8Array {
    const { pathBytes, spare } = this;
    if (length > SPARE_BYTES_MAX) return pathBytes.slice(0, length);
    const bytes = spare[length] ?? new Uint8Array(length);
    spare[length] = undefined;
    for (let index = 0; index < length; index++) bytes[index] = pathBytes[index] as number;
    return bytes;
  }

  /** The call has ended: nothing reads its paths any more. */
  private giveBack(record: Task["call"]): void {
    for (let index = 0; index < record.inputs; index++) {
      const bytes = record.scratch[index] as Uint8Array;
      if (bytes.length <= SPARE_BYTES_MAX) this.spare[bytes.length] = bytes;
    }
  }

  /** A program that the host starts: scratch holds path, arguments and environment. */
  private start(task: Task): Result {
    const [name, args, environment] = task.call.scratch;
    if (name === undefined || args === undefined || environment === undefined) return -EINVAL;
    task.call.inputs = 3;
    const at = (index: number): number => SCRATCH_BASE + index * SCRATCH_STRIDE_BYTES;
    return this.services.process.execute(
      task.id,
      CURRENT_DIRECTORY,
      at(0),
      name.length,
      at(1),
      args.length,
      at(2),
      environment.length,
      0,
    );
  }

  private missing(number: number): Result {
    if (!this.state.missing.has(number)) {
      this.state.missing.add(number);
      this.options.report(`system call ${number} is not there: ENOSYS`);
    }
    return -ENOSYS;
  }
}

/** An argument as a number. @param at word index of its register @param kind KIND_* */
function wordOfRegister(registers: Int32Array, at: number, kind: number): number {
  const low = registers[at] as number;
  const high = registers[at + 1] as number;
  // Nearly all arguments are small, and then the same whatever they are.
  if (high === 0 && low >= 0) return low;
  switch (kind) {
    case KIND_INT:
      return low;
    case KIND_UNSIGNED:
      return low >>> 0;
    case KIND_LONG:
      return high === low >> 31 ? low : clamp(high * 2 ** 32 + (low >>> 0));
    case KIND_SIZE:
      return high === 0 ? low >>> 0 : clamp((high >>> 0) * 2 ** 32 + (low >>> 0));
    default: {
      if (high === 0) return low >>> 0;
      const value = (high >>> 0) * 2 ** 32 + (low >>> 0);
      // How it lies in its page is kept: some calls look at that first.
      return value < USER_ADDRESS_LIMIT ? value : INVALID_ADDRESS + (low & (PAGE_BYTES - 1));
    }
  }
}

function clamp(value: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}
