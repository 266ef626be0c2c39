/**
 * Tasks and processes: the kernel's tables of schedulable threads and of the thread groups they
 * form. What a process may do, who waits for whom and what a signal means is the process service's.
 */
import { EAGAIN } from "../abi/errno.js";
import { type Platform, WORD_F, WORD_FCSR, WORD_PC, WORD_X } from "../machine/platform.js";
import { type CallRecord, createCallRecord } from "./call-record.js";
import { ATTRIBUTE } from "./calls.js";
import { type Job, Jobs, NO_JOB, NO_PARENT, SYSTEM_JOB } from "./jobs.js";
import type { Result } from "./protocol.js";

/** States of a task. */
export const TASK_CREATED = 0;
export const TASK_RUNNABLE = 1;
export const TASK_PARKED = 2;
export const TASK_ENDED = 3;

/** Characters of ATTRIBUTE.stateCode. */
const LETTER_D = 0x44;
const LETTER_R = 0x52;
const LETTER_S = 0x53;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

export const ATTRIBUTES_MAX = 108;
/** Task ids are 1..; Linux's default pid_max, so that programs with old habits work. */
export const TASK_ID_MAX = 32768;
/** Up to so many tasks, looking at each is the quicker way to the next id. */
const SEARCHED_TASKS_MAX = 128;

/** A signal waiting to be taken. */
export interface PendingSignal {
  readonly signal: number;
  readonly code: number;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
}

/** Pending signals of a task or a process: the set as bits, and each one's information. */
export interface PendingSet {
  low: number;
  high: number;
  readonly queue: PendingSignal[];
  /** What the queue is charged: it keeps its room until it is empty. */
  heldBytes: number;
}

export interface Task {
  readonly context: number;
  id: number;
  /** Thread group id. */
  process: number;
  state: number;
  space: number;
  priority: number;
  quantumInstructions: number;
  remainingInstructions: number;
  /** In the run queue of its priority. */
  queued: boolean;
  /** The kernel must look at the task before it may go on in user mode. */
  attention: boolean;
  readonly attributes: Float64Array;
  groups: Uint32Array;
  maskLow: number;
  maskHigh: number;
  readonly pending: PendingSet;
  /** The signal taken last, for enterHandler. */
  current: PendingSignal;
  /** The system call under way. */
  readonly call: CallRecord;
  /** A fault or a signal delivery under way, above the call. */
  readonly upcall: CallRecord;
}

export interface Process {
  readonly id: number;
  readonly tasks: number[];
  readonly pending: PendingSet;
  ignoredLow: number;
  ignoredHigh: number;
  stopped: boolean;
  /** By POSIX timer: the overrun of its signal that was taken last. */
  readonly overruns: Map<number, number>;
  /** The attributes that all threads share (PROCESS_WIDE). */
  readonly attributes: Float64Array;
}

export const NO_SIGNAL: PendingSignal = Object.freeze({
  signal: 0,
  code: 0,
  word0: 0,
  word1: 0,
  word2: 0,
});

/** Whether an attribute belongs to the process and not to the thread. */
export function isProcessWide(attribute: number): boolean {
  return WIDE[attribute] === 1;
}

function isWide(attribute: number): boolean {
  return (
    (attribute >= ATTRIBUTE.parent && attribute <= ATTRIBUTE.session) ||
    attribute === ATTRIBUTE.terminal ||
    (attribute >= ATTRIBUTE.limits && attribute < ATTRIBUTE.schedulingPolicy) ||
    attribute >= ATTRIBUTE.bytesRead
  );
}

/**
 * By attribute: looked up for every attribute that a service reads. Bytes: the engine's compiler
 * knows no short way into a frozen array.
 */
const WIDE: Readonly<Uint8Array> = Uint8Array.from({ length: ATTRIBUTES_MAX }, (_, attribute) =>
  isWide(attribute) ? 1 : 0,
);

const emptySet = (): PendingSet => ({ low: 0, high: 0, queue: [], heldBytes: 0 });

/** What a task and a process cost the host: the kernel's records and the process service's. */
const TASK_BYTES = 4096;
const PROCESS_BYTES = 12288;
const GROUP_BYTES = 4;
/** Of a task with so many supplementary groups. */
const bytesOf = (groups: number): number => TASK_BYTES + groups * GROUP_BYTES;

/** The job of a task, which it never leaves. */
export const jobOf = (task: Task): number => task.attributes[ATTRIBUTE.job] as number;

export interface TaskState {
  readonly tasks: Map<number, Task>;
  readonly processes: Map<number, Process>;
  nextId: number;
  nextCallId: number;
  /** What released tasks were charged, so that the system's totals never fall. */
  endedUserInstructions: number;
  endedKernelInstructions: number;
}

export class Tasks {
  readonly state: TaskState = {
    tasks: new Map(),
    processes: new Map(),
    nextId: 1,
    nextCallId: 1,
    endedUserInstructions: 0,
    endedKernelInstructions: 0,
  };

  /** What was looked up last: most look-ups of a call are of its caller. */
  private latest: Task | undefined;
  private latestProcess: Process | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly jobs: Jobs = new Jobs(),
  ) {}

  /** @returns the task; an unknown id is a bug of the caller */
  get(id: number): Task {
    if (this.latest !== undefined && this.latest.id === id) return this.latest;
    const task = this.state.tasks.get(id);
    if (task === undefined) throw new Error(`task ${id} does not exist`);
    this.latest = task;
    return task;
  }

  find(id: number): Task | undefined {
    if (this.latest !== undefined && this.latest.id === id) return this.latest;
    return this.state.tasks.get(id);
  }

  process(id: number): Process {
    if (this.latestProcess !== undefined && this.latestProcess.id === id) {
      return this.latestProcess;
    }
    const process = this.state.processes.get(id);
    if (process === undefined) throw new Error(`process ${id} does not exist`);
    this.latestProcess = process;
    return process;
  }

  /**
   * A new task with `from`'s attributes and registers (0: none).
   * @param processId 0: of a new process, whose id is the task's
   * @returns its id, -EAGAIN or -ENOMEM
   */
  create(from: number, processId: number): Result {
    const parent = from === 0 ? undefined : this.get(from);
    const parentJob = parent === undefined ? NO_PARENT : jobOf(parent);
    const refused = this.jobs.mayAddTask(parentJob);
    if (refused !== 0) return refused;
    const id = this.freeId();
    if (id < 0) return -EAGAIN;
    const job = this.jobs.addTask(id, parentJob);
    const bytes = bytesOf(parent?.groups.length ?? 0) + (processId === 0 ? PROCESS_BYTES : 0);
    const full = this.jobs.mayHold(job, bytes, 0);
    const context = full < 0 ? -1 : this.platform.createContext();
    if (context < 0) {
      this.jobs.removeTask(job);
      this.jobs.discard(id);
      return full < 0 ? full : -EAGAIN;
    }
    this.jobs.hold(job, bytes);
    if (parent !== undefined) this.platform.copyContext(parent.context, context);
    const task = this.blank(id, processId === 0 ? id : processId, context, parent);
    if (processId === 0) {
      const wide = parent === undefined ? undefined : this.process(parent.process).attributes;
      this.state.processes.set(id, {
        id,
        tasks: [id],
        pending: emptySet(),
        ignoredLow: 0,
        ignoredHigh: 0,
        stopped: false,
        overruns: new Map(),
        attributes: wide === undefined ? new Float64Array(ATTRIBUTES_MAX) : wide.slice(),
      });
    } else {
      this.process(processId).tasks.push(id);
    }
    this.state.tasks.set(id, task);
    task.attributes[ATTRIBUTE.job] = job;
    return id;
  }

  private blank(id: number, process: number, context: number, parent: Task | undefined): Task {
    const attributes = parent ? parent.attributes.slice() : new Float64Array(ATTRIBUTES_MAX);
    attributes[ATTRIBUTE.space] = -1;
    attributes[ATTRIBUTE.ending] = 0;
    attributes[ATTRIBUTE.userInstructions] = 0;
    attributes[ATTRIBUTE.kernelInstructions] = 0;
    attributes[ATTRIBUTE.voluntarySwitches] = 0;
    attributes[ATTRIBUTE.involuntarySwitches] = 0;
    attributes[ATTRIBUTE.minorFaults] = 0;
    return {
      context,
      id,
      process,
      state: TASK_CREATED,
      space: -1,
      priority: 0,
      quantumInstructions: 0,
      remainingInstructions: 0,
      queued: false,
      attention: false,
      attributes,
      groups: parent ? parent.groups.slice() : new Uint32Array(0),
      maskLow: parent ? parent.maskLow : 0,
      maskHigh: parent ? parent.maskHigh : 0,
      pending: emptySet(),
      current: NO_SIGNAL,
      call: createCallRecord(id),
      upcall: createCallRecord(id),
    };
  }

  private forget(): void {
    this.latest = undefined;
    this.latestProcess = undefined;
  }

  /** Frees the id, and the process with its last task. */
  release(id: number): void {
    const task = this.get(id);
    const process = this.process(task.process);
    this.forget();
    this.keepInstructions(task);
    this.state.tasks.delete(id);
    this.platform.destroyContext(task.context);
    process.tasks.splice(process.tasks.indexOf(id), 1);
    this.uncharge(task);
    if (process.tasks.length > 0) return;
    this.jobs.hold(jobOf(task), -PROCESS_BYTES - process.pending.heldBytes);
    this.state.processes.delete(process.id);
  }

  private uncharge(task: Task): void {
    const bytes = bytesOf(task.groups.length) + task.pending.heldBytes;
    this.jobs.hold(jobOf(task), -bytes);
    this.jobs.removeTask(jobOf(task));
  }

  /** @returns 0, or -ENOMEM */
  setGroups(id: number, groups: Uint32Array): Result {
    const task = this.get(id);
    const bytes = bytesOf(groups.length) - bytesOf(task.groups.length);
    const full = this.jobs.mayHold(jobOf(task), bytes, 0);
    if (full < 0) return full;
    this.jobs.hold(jobOf(task), bytes);
    task.groups = groups.slice();
    return 0;
  }

  private keepInstructions(task: Task): void {
    this.state.endedUserInstructions += task.attributes[ATTRIBUTE.userInstructions] ?? 0;
    this.state.endedKernelInstructions += task.attributes[ATTRIBUTE.kernelInstructions] ?? 0;
  }

  /** exec by a thread: the task takes the id of its leader, which has ended and goes. */
  adoptLeader(id: number): void {
    const task = this.get(id);
    const process = this.process(task.process);
    const leader = this.get(process.id);
    this.forget();
    this.keepInstructions(leader);
    this.uncharge(leader);
    this.platform.destroyContext(leader.context);
    this.state.tasks.delete(id);
    process.tasks.splice(process.tasks.indexOf(id), 1);
    task.id = process.id;
    task.call.task = process.id;
    task.upcall.task = process.id;
    this.state.tasks.set(task.id, task);
  }

  /** Of task 0, the system: the instructions of released tasks; every other attribute is 0. */
  attribute(id: number, attribute: number): number {
    const task = this.find(id);
    if (task === undefined) return id === 0 ? this.attributeOfSystem(attribute) : 0;
    if (attribute === ATTRIBUTE.process) return task.process;
    if (attribute === ATTRIBUTE.stateCode) return this.stateCode(task);
    if (isProcessWide(attribute)) {
      const isPending =
        attribute >= ATTRIBUTE.ownPendingLow && attribute <= ATTRIBUTE.queuedSignals;
      if (isPending) return this.pendingFigure(task, attribute);
      return this.process(task.process).attributes[attribute] ?? 0;
    }
    return task.attributes[attribute] ?? 0;
  }

  private pendingFigure(task: Task, attribute: number): number {
    const shared = this.process(task.process).pending;
    switch (attribute) {
      case ATTRIBUTE.ownPendingLow:
        return task.pending.low;
      case ATTRIBUTE.ownPendingHigh:
        return task.pending.high;
      case ATTRIBUTE.sharedPendingLow:
        return shared.low;
      case ATTRIBUTE.sharedPendingHigh:
        return shared.high;
      default:
        return task.pending.queue.length + (task.id === task.process ? shared.queue.length : 0);
    }
  }

  private attributeOfSystem(attribute: number): number {
    // What the image is unpacked into is nobody's.
    if (attribute === ATTRIBUTE.job) return this.jobs.isBooting ? NO_JOB : SYSTEM_JOB;
    if (attribute === ATTRIBUTE.userInstructions) return this.state.endedUserInstructions;
    return attribute === ATTRIBUTE.kernelInstructions ? this.state.endedKernelInstructions : 0;
  }

  /** The letter of proc_pid_stat(5) as a character code: Z, T, D (a wait that only SIGKILL ends), S
   * (waits) or R. */
  private stateCode(task: Task): number {
    const isEnding = task.attributes[ATTRIBUTE.ending] !== 0 || task.state === TASK_ENDED;
    if (isEnding) return LETTER_Z;
    if (this.process(task.process).stopped) return LETTER_T;
    if (task.state !== TASK_PARKED) return LETTER_R;
    return task.call.killable ? LETTER_D : LETTER_S;
  }

  setAttribute(id: number, attribute: number, value: number): void {
    const task = this.get(id);
    if (isProcessWide(attribute)) this.process(task.process).attributes[attribute] = value;
    else task.attributes[attribute] = value;
  }

  /** The id given last. */
  get latestId(): number {
    return this.state.nextId === 1 ? TASK_ID_MAX : this.state.nextId - 1;
  }

  /** The processes of a job that have not ended. */
  livingOf(job: Job): number[] {
    const living: number[] = [];
    if (job.tasks === 0) return living;
    for (const { id, tasks } of this.state.processes.values()) {
      const isOf = (task: Task): boolean => jobOf(task) === job.id && task.state !== TASK_ENDED;
      if (tasks.some((one) => isOf(this.get(one)))) living.push(id);
    }
    return living;
  }

  /** @returns the smallest task id above `after`, or -1 */
  next(after: number): number {
    if (this.state.tasks.size > SEARCHED_TASKS_MAX) return this.nextOfMany(after);
    let best = -1;
    for (const id of this.state.tasks.keys()) {
      if (id > after && (best < 0 || id < best)) best = id;
    }
    return best;
  }

  /** The same, by trying ids: a list of all tasks then costs no more than there are ids. */
  private nextOfMany(after: number): number {
    for (let id = after + 1; id <= TASK_ID_MAX; id++) if (this.state.tasks.has(id)) return id;
    return -1;
  }

  /** Word index of a register: 0..31 x, 32..63 f, 64 pc, 65 fcsr. */
  registerWord(task: Task, register: number): number {
    const base = this.platform.registersBase(task.context);
    if (register < 32) return base + WORD_X + 2 * register;
    if (register < 64) return base + WORD_F + 2 * (register - 32);
    return base + (register === 64 ? WORD_PC : WORD_FCSR);
  }

  private freeId(): number {
    if (this.state.tasks.size >= TASK_ID_MAX - 1) return -1;
    for (;;) {
      const id = this.state.nextId;
      this.state.nextId = id >= TASK_ID_MAX ? 1 : id + 1;
      const isTaken = this.state.tasks.has(id) || this.state.processes.has(id);
      if (!isTaken && !this.jobs.state.byProcess.has(id)) return id;
    }
  }
}
