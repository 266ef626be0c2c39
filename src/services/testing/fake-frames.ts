/**
 * A kernel for tests of memory, futex, time and scheduler: the kernel's own frames, address spaces
 * and user memory over a fake platform, with tasks, calls and waiting as plain tables. A kernel
 * call that is not here throws with its name.
 */

import { AddressSpaces } from "../../kernel/address-space.js";
import { addScratch, type CallRecord, createCallRecord } from "../../kernel/call-record.js";
import { ATTRIBUTE, type KernelCalls, SETTINGS_FIRST } from "../../kernel/calls.js";
import { Frames } from "../../kernel/frames.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { createRandom, randomWord } from "../../kernel/random.js";
import { type Memory, UserMemory } from "../../kernel/user-memory.js";

type FakePlatform = ConstructorParameters<typeof Frames>[0];

const PAGE_BYTES = 4096;

export interface FakeTask {
  readonly attributes: Map<number, number>;
  readonly record: CallRecord;
  /** Channels its call waits on. */
  readonly channels: Set<number>;
  participates: boolean;
}

/** What a service may be told at the end of a call. */
export interface Participant {
  commit(caller: number, callId: number): Result;
  abort(caller: number, callId: number): Result;
}

export interface PostedSignal {
  readonly target: number;
  readonly id: number;
  readonly signal: number;
}

/** Infinite limits for every resource. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

function fakePlatform(frameCount: number): FakePlatform {
  let spaces = 0;
  const platform = {
    ram: new Uint8Array(frameCount * PAGE_BYTES),
    frameCount,
    codeFrames: new Uint8Array(frameCount),
    // Space 0 is a space like any other: a service must not take it for "none".
    createSpace: () => spaces++,
    destroySpace: () => {},
    invalidatePage: () => {},
    invalidateSpace: () => {},
    invalidateCode: () => {},
  };
  return platform as unknown as FakePlatform;
}

/** The tables; `calls` is what services get. */
export class FakeKernel {
  readonly platform: FakePlatform;
  readonly frames: Frames;
  readonly spaces: AddressSpaces;
  readonly memory: UserMemory;
  readonly tasks = new Map<number, FakeTask>();
  readonly waiters = new Map<number, number[]>();
  readonly completed = new Map<number, Result>();
  readonly timers = new Map<number, { at: number; token: number }>();
  readonly signals: PostedSignal[] = [];
  readonly priorities = new Map<number, { priority: number; quantum: number }>();
  readonly calls: KernelCalls;
  now = 0;
  epochSeconds = 1_000_000_000;
  private nextId = 1;

  constructor(frameCount: number, seed: number) {
    this.platform = fakePlatform(frameCount);
    this.frames = new Frames(this.platform);
    this.spaces = new AddressSpaces(this.platform, this.frames);
    this.memory = new UserMemory(this.platform, this.spaces, this.frames);
    const random = createRandom(seed);
    const table: Record<string, unknown> = {
      ...this.waitingCalls(),
      ...this.recordCalls(),
      ...this.copyCalls(),
      ...this.frameCalls(),
      ...this.spaceCalls(),
      ...this.taskCalls(),
      ...this.timeCalls(),
      randomWord: () => randomWord(random),
      setting: (which: number) => SETTINGS_FIRST[which] ?? 0,
    };
    this.calls = new Proxy(table, {
      get(target, name) {
        const call = target[name as string];
        if (call === undefined) throw new Error(`the fake kernel has no ${String(name)}`);
        return call;
      },
    }) as unknown as KernelCalls;
    this.addTask(0, 0);
  }

  /** A task with infinite limits and no space. */
  addTask(id: number, process: number): FakeTask {
    const attributes = new Map<number, number>([
      [ATTRIBUTE.process, process],
      [ATTRIBUTE.space, -1],
    ]);
    for (let i = 0; i < 16; i++) attributes.set(ATTRIBUTE.limits + i, NO_LIMIT);
    const record = createCallRecord(id);
    const task: FakeTask = { attributes, record, channels: new Set(), participates: false };
    this.tasks.set(id, task);
    this.beginCall(id);
    return task;
  }

  task(id: number): FakeTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  /** A new call of the task. */
  beginCall(id: number): void {
    const task = this.task(id);
    Object.assign(task.record, createCallRecord(id), { kind: 1, id: this.nextId++ });
    this.unpark(id);
    this.completed.delete(id);
  }

  /** Ends the task's call, telling the participant, and begins the next. */
  endCall(id: number, succeeded: boolean, participant?: Participant): void {
    const { record } = this.task(id);
    if (succeeded) participant?.commit(id, record.id);
    else participant?.abort(id, record.id);
    this.beginCall(id);
  }

  /** The call waits no more (a wake-up for no reason). */
  unpark(id: number): void {
    for (const [channel, tasks] of this.waiters) {
      const left = tasks.filter((task) => task !== id);
      if (left.length === 0) this.waiters.delete(channel);
      else this.waiters.set(channel, left);
    }
  }

  /** Scratch of the task's call holding these bytes. */
  scratch(id: number, bytes: Uint8Array): number {
    const address = addScratch(this.task(id).record, bytes.length);
    this.memory.write(this.of(id), address, bytes, 0, bytes.length);
    return address;
  }

  /** Bytes of the task's memory or scratch, which must be there. */
  bytesAt(id: number, address: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    if (this.memory.read(this.of(id), address, bytes, 0, lengthBytes) !== 0) {
      throw new Error(`task ${id} cannot read ${lengthBytes} bytes at ${address}`);
    }
    return bytes;
  }

  private of(id: number): Memory {
    const task = this.task(id);
    return { space: task.attributes.get(ATTRIBUTE.space) ?? -1, record: task.record };
  }

  private waitingCalls(): Partial<KernelCalls> {
    const take = (channel: number, count: number, each: (task: number) => void): number => {
      const tasks = (this.waiters.get(channel) ?? []).slice(0, count);
      for (const task of tasks) {
        this.unpark(task);
        each(task);
      }
      return tasks.length;
    };
    return {
      newChannel: () => this.nextId++,
      block: (task, channel) => {
        const tasks = this.waiters.get(channel) ?? [];
        if (!tasks.includes(task)) this.waiters.set(channel, [...tasks, task]);
        return BLOCKED;
      },
      wake: (channel, count) => take(channel, count, () => {}),
      complete: (channel, count, result) =>
        take(channel, count, (task) => this.completed.set(task, result)),
      waiting: (channel) => this.waiters.get(channel)?.length ?? 0,
      forced: () => false,
    };
  }

  private recordCalls(): Partial<KernelCalls> {
    const record = (task: number): CallRecord => this.task(task).record;
    return {
      deadline: (task) => record(task).deadline,
      setDeadline: (task, nanoseconds) => {
        record(task).deadline = nanoseconds;
      },
      started: (task) => record(task).started,
      setStarted: (task, mark) => {
        record(task).started = mark;
      },
      slot: (task, index) => record(task).slots[index] ?? 0,
      setSlot: (task, index, value) => {
        record(task).slots[index] = value;
      },
      callId: (task) => record(task).id,
      participate: (task) => {
        this.task(task).participates = true;
      },
    };
  }

  private copyCalls(): Partial<KernelCalls> {
    const { memory } = this;
    return {
      copyIn: (task, address, to, offset, length) =>
        memory.read(this.of(task), address, to, offset, length),
      copyOut: (task, address, from, offset, length) =>
        memory.write(this.of(task), address, from, offset, length),
      copyWordsIn: (task, address, to, count) =>
        memory.readWords(this.of(task), address, to, count),
      copyWordsOut: (task, address, from, count) =>
        memory.writeWords(this.of(task), address, from, count),
      clearOut: (task, address, length) => memory.clear(this.of(task), address, length),
      scratch: (task, length) => addScratch(this.task(task).record, length),
      copyFrameToTask: (task, address, frame, offset, length) =>
        memory.writeFromFrame(this.of(task), address, frame, offset, length),
      copyTaskToFrame: (task, address, frame, offset, length) =>
        memory.readToFrame(this.of(task), address, frame, offset, length),
      storeWord: (task, address, value) => {
        const bytes = new Uint8Array(new Int32Array([value]).buffer);
        return memory.write(this.of(task), address, bytes, 0, 4);
      },
    };
  }

  private frameCalls(): Partial<KernelCalls> {
    const { frames } = this;
    return {
      allocateFrame: (zeroed) => frames.allocate(zeroed !== 0),
      allocateUserFrame: (zeroed, use, wish) => frames.allocate(zeroed !== 0, use, wish),
      charge: () => undefined,
      mayHold: () => 0,
      hold: () => undefined,
      exhaustedJob: () => 0,
      killExhausted: () => undefined,
      retainFrame: (frame) => frames.retain(frame),
      releaseFrame: (frame) => frames.release(frame),
      frameReferences: (frame) => frames.references(frame),
      copyFrame: (from, to) => frames.copy(from, to),
      clearFrame: (frame, offset, length) => frames.clear(frame, offset, length),
      frameIn: (frame, offset, to, toOffset, length) =>
        frames.read(frame, offset, to, toOffset, length),
      frameOut: (frame, offset, from, fromOffset, length) =>
        frames.write(frame, offset, from, fromOffset, length),
      framesFree: () => frames.state.freeCount,
      fileFramesLeft: () => frames.state.freeCount,
      framesTotal: () => this.platform.frameCount,
    };
  }

  private spaceCalls(): Partial<KernelCalls> {
    const { spaces } = this;
    return {
      createSpace: () => spaces.create(),
      destroySpace: (space) => spaces.destroy(space),
      map: (space, page, frame, permissions) => spaces.map(space, page, frame, permissions),
      unmap: (space, first, count) => spaces.unmap(space, first, count),
      protect: (space, first, count, permissions) =>
        spaces.protect(space, first, count, permissions),
      mapping: (space, page) => spaces.mapping(space, page),
      shareMappings: (from, to, first, count, copyOnWrite) =>
        spaces.share(from, to, first, count, copyOnWrite !== 0),
      moveMappings: (space, from, to, count) => spaces.move(space, from, to, count),
      residentPages: (space, first, count) => spaces.resident(space, first, count),
      spaceFigure: (space, figure) => spaces.figure(space, figure),
      discountFrame: (frame) => {
        spaces.state.discountedFrame = frame;
      },
    };
  }

  private taskCalls(): Partial<KernelCalls> {
    const attributes = (task: number): Map<number, number> => this.task(task).attributes;
    return {
      attribute: (task, attribute) => this.tasks.get(task)?.attributes.get(attribute) ?? 0,
      setAttribute: (task, attribute, value) => {
        attributes(task).set(attribute, value);
      },
      setSpace: (task, space) => {
        attributes(task).set(ATTRIBUTE.space, space);
      },
      exists: (task) => (task > 0 && this.tasks.has(task) ? 1 : 0),
      nextThread: (process, after) => {
        const threads = [...this.tasks.entries()]
          .filter(([id, task]) => id > after && task.attributes.get(ATTRIBUTE.process) === process)
          .map(([id]) => id);
        return threads.length === 0 ? -3 : Math.min(...threads);
      },
      timerOverrun: () => 0,
      discardTimer: () => undefined,
      nextTask: (after) => {
        const next = [...this.tasks.keys()].filter((id) => id > after).sort((a, b) => a - b)[0];
        return next ?? -3;
      },
      postSignal: (target, id, signal) => {
        this.signals.push({ target, id, signal });
        return 0;
      },
      setPriority: (task, priority, quantum) => {
        this.priorities.set(task, { priority, quantum });
      },
    };
  }

  private timeCalls(): Partial<KernelCalls> {
    return {
      monotonicNanoseconds: () => this.now,
      realtimeSeconds: () => this.epochSeconds + Math.floor(this.now / 1e9),
      realtimeNanoseconds: () => this.now % 1e9,
      coarseSeconds: () => this.epochSeconds + Math.floor(this.now / 1e9),
      coarseNanoseconds: () => this.now % 1e9,
      setRealtime: (seconds) => {
        this.epochSeconds = seconds - Math.floor(this.now / 1e9);
      },
      setTimer: (at, token) => {
        this.timers.set(this.nextId, { at, token });
        return this.nextId++;
      },
      cancelTimer: (timer) => {
        this.timers.delete(timer);
      },
    };
  }
}
