/**
 * A small kernel for the unit tests of services: tasks with attributes, a flat memory of 1 MiB for
 * each, scratch, wait channels, call records. A kernel call that is not here throws with its name.
 * Tests drive it: `kernel.run(task, () => service.read(task, …))` is one run of one call.
 */
import { ALL_CAPABILITIES } from "../../abi/capability.js";
import { EAGAIN, EFAULT, ENOENT, ESRCH } from "../../abi/errno.js";
import type { KernelCalls, TaskId } from "../../kernel/calls.js";
import { ATTRIBUTE, SETTINGS_FIRST } from "../../kernel/calls.js";
import { BLOCKED, type Result, SCRATCH_BASE, SCRATCH_STRIDE_BYTES } from "../../kernel/protocol.js";
import { bytesOfWords } from "../../kernel/user-memory.js";

const MEMORY_BYTES = 2 ** 20;
const LIMIT_INFINITY = 2 ** 53 - 1;

interface FakeCall {
  id: number;
  deadline: number;
  started: number;
  readonly slots: Float64Array;
  scratch: Uint8Array[];
  readonly channels: Set<number>;
  participates: boolean;
  forcedPlaces: number;
  askedPlaces: number;
  completed: Result | undefined;
}

export interface FakeTask {
  readonly attributes: Map<number, number>;
  groups: Uint32Array;
  readonly memory: Uint8Array;
  call: FakeCall;
}

export interface FakeSignal {
  readonly target: number;
  readonly id: number;
  readonly signal: number;
  readonly code: number;
}

/** A service that may be told how a call ended. */
export interface Participant {
  commit(caller: TaskId, callId: number): Result;
  abort(caller: TaskId, callId: number): Result;
}

export class FakeKernel {
  readonly tasks = new Map<TaskId, FakeTask>();
  readonly signals: FakeSignal[] = [];
  readonly events: number[][] = [];
  readonly published = new Map<string, Uint8Array>();
  /** Answers of systemFigure. */
  readonly figures = new Map<number, number>();
  readonly timers = new Map<number, { readonly deadline: number; readonly token: number }>();
  nanoseconds = 1_000_000_000;
  seconds = 1_700_000_000;
  /** Injection: every blocking place answers BLOCKED once. */
  forcing = false;
  forcedCount = 0;
  private nextChannel = 1;
  private nextCall = 1;
  private nextTimer = 1;
  private random = 1;
  private frames = 1000;

  constructor() {
    this.addTask(0, 0);
  }

  /** @param userId real, effective, saved and file-system user id; group ids are the same */
  addTask(id: TaskId, userId: number, process = id): FakeTask {
    const attributes = new Map<number, number>([[ATTRIBUTE.process, process]]);
    for (let which = ATTRIBUTE.userId; which <= ATTRIBUTE.fileSystemGroupId; which++) {
      attributes.set(which, userId);
    }
    const capabilities = userId === 0 ? ALL_CAPABILITIES : 0;
    attributes.set(ATTRIBUTE.effectiveCapabilities, capabilities);
    attributes.set(ATTRIBUTE.permittedCapabilities, capabilities);
    for (let limit = 0; limit < 16; limit++) {
      attributes.set(ATTRIBUTE.limits + limit, limit === 7 ? 1024 : LIMIT_INFINITY);
      attributes.set(ATTRIBUTE.hardLimits + limit, limit === 7 ? 4096 : LIMIT_INFINITY);
    }
    const task: FakeTask = {
      attributes,
      groups: new Uint32Array(0),
      memory: new Uint8Array(MEMORY_BYTES),
      call: this.newCall(),
    };
    this.tasks.set(id, task);
    return task;
  }

  task(id: TaskId): FakeTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`fake kernel: no task ${id}`);
    return task;
  }

  private newCall(): FakeCall {
    return {
      id: this.nextCall++,
      deadline: Number.POSITIVE_INFINITY,
      started: 0,
      slots: new Float64Array(8),
      scratch: [],
      channels: new Set(),
      participates: false,
      forcedPlaces: 0,
      askedPlaces: 0,
      completed: undefined,
    };
  }

  /** Runs the task's call: again, if it answered BLOCKED before, else as a new one. */
  run(id: TaskId, body: () => Result, participants: readonly Participant[] = []): Result {
    const task = this.task(id);
    const { call } = task;
    for (;;) {
      call.askedPlaces = 0;
      call.channels.clear();
      const forcedBefore = call.forcedPlaces;
      const result = call.completed ?? body();
      if (result !== BLOCKED) {
        this.finish(id, result, participants);
        return result;
      }
      if (call.forcedPlaces === forcedBefore) return BLOCKED;
    }
  }

  /** Ends a blocked call with a result: a signal came. */
  finish(id: TaskId, result: Result, participants: readonly Participant[] = []): void {
    const task = this.task(id);
    const { call } = task;
    for (const participant of call.participates ? participants : []) {
      if (result >= 0) participant.commit(id, call.id);
      else participant.abort(id, call.id);
    }
    task.call = this.newCall();
  }

  /** Whether the task's blocked call has been woken or its deadline has passed. */
  isWoken(id: TaskId): boolean {
    const { call } = this.task(id);
    return call.channels.size === 0 || call.deadline <= this.nanoseconds;
  }

  /** Puts bytes into a new scratch buffer of the task's call. @returns address */
  put(id: TaskId, bytes: Uint8Array): number {
    const address = this.scratch(id, bytes.length);
    this.copyOut(id, address, bytes, 0, bytes.length);
    return address;
  }

  private range(id: TaskId, address: number, lengthBytes: number): Uint8Array | undefined {
    const task = this.task(id);
    const isScratch = address >= SCRATCH_BASE;
    const index = Math.floor((address - SCRATCH_BASE) / SCRATCH_STRIDE_BYTES);
    const memory = isScratch ? task.call.scratch[index] : task.memory;
    const start = isScratch ? address - SCRATCH_BASE - index * SCRATCH_STRIDE_BYTES : address;
    if (memory === undefined || start < 0 || start + lengthBytes > memory.length) return undefined;
    return memory.subarray(start, start + lengthBytes);
  }

  newChannel = (): number => this.nextChannel++;

  block(id: TaskId, channel: number): Result {
    this.task(id).call.channels.add(channel);
    return BLOCKED;
  }

  wake(channel: number, count: number): Result {
    let woken = 0;
    for (const { call } of this.tasks.values()) {
      if (woken >= count || !call.channels.has(channel)) continue;
      call.channels.clear();
      woken++;
    }
    return woken;
  }

  complete(channel: number, count: number, result: Result): Result {
    let done = 0;
    for (const { call } of this.tasks.values()) {
      if (done >= count || !call.channels.has(channel)) continue;
      call.channels.clear();
      call.completed = result;
      done++;
    }
    return done;
  }

  waiting(channel: number): Result {
    return [...this.tasks.values()].filter(({ call }) => call.channels.has(channel)).length;
  }

  forced(id: TaskId): boolean {
    const { call } = this.task(id);
    if (!this.forcing || id === 0 || call.askedPlaces++ !== call.forcedPlaces) return false;
    call.forcedPlaces++;
    this.forcedCount++;
    return true;
  }

  deadline = (id: TaskId): number => this.task(id).call.deadline;
  setDeadline(id: TaskId, nanoseconds: number): void {
    this.task(id).call.deadline = nanoseconds;
  }
  started = (id: TaskId): number => this.task(id).call.started;
  setStarted(id: TaskId, mark: number): void {
    this.task(id).call.started = mark;
  }
  slot = (id: TaskId, index: number): number => this.task(id).call.slots[index] ?? 0;
  setSlot(id: TaskId, index: number, value: number): void {
    this.task(id).call.slots[index] = value;
  }
  callId = (id: TaskId): number => this.task(id).call.id;
  participate(id: TaskId): void {
    this.task(id).call.participates = true;
  }

  copyIn(id: TaskId, address: number, to: Uint8Array, offset: number, length: number): Result {
    const range = this.range(id, address, length);
    if (range === undefined) return -EFAULT;
    to.set(range, offset);
    return 0;
  }

  copyOut(id: TaskId, address: number, from: Uint8Array, offset: number, length: number): Result {
    const range = this.range(id, address, length);
    if (range === undefined) return -EFAULT;
    range.set(from.subarray(offset, offset + length));
    return 0;
  }

  copyWordsIn(id: TaskId, address: number, to: Int32Array, count: number): Result {
    return this.copyIn(id, address, bytesOfWords(to), 0, 4 * count);
  }

  copyWordsOut(id: TaskId, address: number, from: Int32Array, count: number): Result {
    return this.copyOut(id, address, bytesOfWords(from), 0, 4 * count);
  }

  clearOut(id: TaskId, address: number, length: number): Result {
    const range = this.range(id, address, length);
    if (range === undefined) return -EFAULT;
    range.fill(0);
    return 0;
  }

  scratch(id: TaskId, lengthBytes: number): Result {
    const { scratch } = this.task(id).call;
    scratch.push(new Uint8Array(lengthBytes));
    return SCRATCH_BASE + (scratch.length - 1) * SCRATCH_STRIDE_BYTES;
  }

  /** What is held, over all jobs. */
  heldBytes = 0;
  heldFiles = 0;
  mayHold = (): Result => 0;
  hold(_job: number, bytes: number, files: number): void {
    this.heldBytes += bytes;
    this.heldFiles += files;
  }
  framesFree = (): Result => this.frames;
  fileFramesLeft = (): Result => this.frames;
  framesTotal = (): Result => this.frames;

  attribute(id: TaskId, which: number): number {
    return this.tasks.get(id)?.attributes.get(which) ?? 0;
  }
  setAttribute(id: TaskId, which: number, value: number): void {
    this.task(id).attributes.set(which, value);
  }
  exists = (id: TaskId): Result => (this.tasks.has(id) ? 1 : 0);
  nextThread(process: number, after: TaskId): Result {
    const next = [...this.tasks.keys()].filter(
      (id) => id > after && this.attribute(id, ATTRIBUTE.process) === process,
    );
    return Math.min(...next) === Number.POSITIVE_INFINITY ? -ESRCH : Math.min(...next);
  }
  pendingLow = (): number => 0;
  pendingHigh = (): number => 0;
  signalMaskLow = (): number => 0;
  signalMaskHigh = (): number => 0;
  setting = (which: number): number => SETTINGS_FIRST[which] ?? 0;
  systemFigure = (figure: number): number => this.figures.get(figure) ?? 0;
  nextTask(after: TaskId): Result {
    const next = [...this.tasks.keys()].filter((id) => id > after).sort((a, b) => a - b)[0];
    return next ?? -ESRCH;
  }
  groupCount = (id: TaskId): Result => this.task(id).groups.length;
  groupAt = (id: TaskId, index: number): Result => this.task(id).groups[index] ?? 0;
  setGroups(id: TaskId, groups: Uint32Array): Result {
    this.task(id).groups = groups;
    return 0;
  }
  publish(id: TaskId, record: number, bytes: Uint8Array): void {
    this.published.set(`${id}:${record}`, bytes.slice());
  }
  readPublished(id: TaskId, record: number, offset: number, to: Uint8Array): Result {
    const bytes = this.published.get(`${id}:${record}`);
    if (bytes === undefined) return -ENOENT;
    const part = bytes.subarray(offset, offset + to.length);
    to.set(part);
    return part.length;
  }

  postSignal(target: number, id: number, signal: number, code: number): Result {
    this.signals.push({ target, id, signal, code });
    return 0;
  }
  postEvent(...words: number[]): Result {
    if (this.events.length >= 1024) return -EAGAIN;
    this.events.push(words);
    return 0;
  }
  setTimer(deadline: number, token: number): Result {
    this.timers.set(this.nextTimer, { deadline, token });
    return this.nextTimer++;
  }
  cancelTimer(timer: number): void {
    this.timers.delete(timer);
  }

  monotonicNanoseconds = (): number => this.nanoseconds;
  realtimeSeconds = (): number => this.seconds;
  realtimeNanoseconds = (): number => this.nanoseconds % 1e9;
  coarseSeconds = (): number => this.seconds;
  coarseNanoseconds = (): number => this.nanoseconds % 1e9;
  randomWord(): number {
    this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0;
    return this.random;
  }
  charge(): void {
    this.nanoseconds++;
  }
}

/** @returns the kernel as services see it, as an object of plain functions */
export function kernelCalls(kernel: FakeKernel): KernelCalls {
  const calls: Record<string, unknown> = {};
  const names = [...Object.getOwnPropertyNames(FakeKernel.prototype), ...Object.keys(kernel)];
  for (const name of names) {
    const value: unknown = Reflect.get(kernel, name);
    if (typeof value === "function" && name !== "constructor") calls[name] = value.bind(kernel);
  }
  return calls as unknown as KernelCalls;
}
