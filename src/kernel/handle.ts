/**
 * A service's handle to the kernel: the implementation of every kernel call (calls.ts), bound to
 * the service's number. In a domain of its own the service gets this behind a check (domain.ts).
 */
import { EINVAL, EIO, ENOENT, EPERM, ESRCH } from "../abi/errno.js";
import { PAGE_BYTES, RAM_BASE } from "../machine/platform.js";
import { addScratch, setSlot } from "./call-record.js";
import { ATTRIBUTE, FIGURE, FRAME_USE, type KernelCalls, PROCESS_END } from "./calls.js";
import type { Kernel } from "./kernel.js";
import { type Result, SCRATCH_BASE } from "./protocol.js";
import { randomWord } from "./random.js";
import { SIGNAL_FRAME_BYTES } from "./signal-frame.js";
import { dropPending, dropTimer, highBit, lowBit } from "./signals.js";
import { TASK_CREATED, TASK_ENDED, TASK_RUNNABLE, type Task } from "./tasks.js";
import { DEADLINE_TIMER } from "./time.js";
import type { Memory } from "./user-memory.js";
import { processChannel } from "./wait-channels.js";

/** Bytes copied for the charge of one instruction. */
const BYTES_PER_INSTRUCTION = 8;

/** @returns the kernel calls of service `number` */
export function createHandle(kernel: Kernel, number: number): KernelCalls {
  return {
    ...waitingCalls(kernel, number),
    ...watchCalls(kernel),
    ...memoryCalls(kernel),
    ...frameCalls(kernel),
    ...taskCalls(kernel),
    ...processCalls(kernel),
    ...registerCalls(kernel),
    ...signalCalls(kernel),
    ...handlerCalls(kernel),
    ...timeCalls(kernel, number),
    ...deviceCalls(kernel, number),
    ...limitCalls(kernel),
  };
}

type Part = Partial<KernelCalls>;

function waitingCalls(kernel: Kernel, number: number) {
  const { calls, channels } = kernel;
  return {
    newChannel: () => channels.create(number),
    block: (task, channel) => calls.block(task, channel),
    wake: (channel, count) => calls.wake(channel, count),
    complete: (channel, count, result) => calls.complete(channel, count, result),
    requeue: (from, to, count) => calls.requeue(from, to, count),
    waiting: (channel) => channels.count(channel),
    processChannel: (process, which) => processChannel(process, which),
    forced(task) {
      if (!kernel.injection.enabled || task === 0) return false;
      const record = calls.record(task);
      if (record.progress > 0 || record.askedPlaces++ !== record.forcedPlaces) return false;
      record.forcedPlaces++;
      record.dirty = true;
      return true;
    },
    deadline: (task) => calls.record(task).deadline,
    setDeadline(task, nanoseconds) {
      const record = calls.record(task);
      record.deadline = nanoseconds;
      record.dirty = true;
    },
    started: (task) => calls.record(task).started,
    setStarted(task, mark) {
      const record = calls.record(task);
      record.started = mark;
      record.dirty = true;
    },
    setKillable(task) {
      const record = calls.record(task);
      record.killable = true;
      record.dirty = true;
    },
    slot: (task, index) => calls.record(task).slots[index] ?? 0,
    setSlot: (task, index, value) => setSlot(calls.record(task), index, value),
    progress: (task) => calls.record(task).progress,
    setProgress(task, done) {
      calls.record(task).progress = done;
    },
    setTemporaryMask(id, low, high) {
      const task = kernel.tasks.get(id);
      const record = task.call;
      if (!record.hasSavedMask) {
        record.hasSavedMask = true;
        record.savedMaskLow = task.maskLow;
        record.savedMaskHigh = task.maskHigh;
        record.dirty = true;
      }
      kernel.signals.setMask(task, low, high);
    },
    setRestarting(task) {
      const record = calls.record(task);
      record.restarts = true;
      record.dirty = true;
    },
    callId: (task) => calls.record(task).id,
    participate(task) {
      const record = calls.record(task);
      if (record.participants.includes(number)) return;
      record.participants.push(number);
      record.dirty = true;
    },
  } satisfies Part;
}

function watchCalls(kernel: Kernel) {
  const { calls, watches } = kernel;
  return {
    watch(task, set, token, exclusive) {
      const record = calls.record(task);
      record.watchSet = set;
      record.watchToken = token;
      record.isWatchExclusive = exclusive !== 0;
      record.dirty = true;
    },
    unwatch: (set, token) => watches.remove(set, token),
    putReady: (set, token) => watches.putReady(set, token),
    takeReady: (set) => watches.takeReady(set),
    readyCount: (set) => watches.readyCount(set),
  } satisfies Part;
}

function memoryCalls(kernel: Kernel) {
  const { memory } = kernel;
  // One for all copies: they follow each other.
  const place: { -readonly [Field in keyof Memory]: Memory[Field] } = {
    space: -1,
    record: kernel.ownRecord,
  };
  const of = (task: number, address: number): Memory => {
    place.space = task === 0 ? -1 : kernel.tasks.get(task).space;
    if (address >= SCRATCH_BASE) place.record = kernel.calls.record(task);
    return place;
  };
  const charge = (lengthBytes: number): void => {
    kernel.charge(kernel.current, Math.floor(lengthBytes / BYTES_PER_INSTRUCTION));
  };
  return {
    copyIn(task, address, destination, offset, lengthBytes) {
      charge(lengthBytes);
      return memory.read(of(task, address), address, destination, offset, lengthBytes);
    },
    copyOut(task, address, source, offset, lengthBytes) {
      charge(lengthBytes);
      return memory.write(of(task, address), address, source, offset, lengthBytes);
    },
    copyWordsIn(task, address, destination, wordCount) {
      charge(4 * wordCount);
      return memory.readWords(of(task, address), address, destination, wordCount);
    },
    copyWordsOut(task, address, source, wordCount) {
      charge(4 * wordCount);
      return memory.writeWords(of(task, address), address, source, wordCount);
    },
    clearOut: (task, address, lengthBytes) => memory.clear(of(task, address), address, lengthBytes),
    scratch(task, lengthBytes) {
      const address = addScratch(kernel.calls.record(task), lengthBytes);
      return address < 0 ? -EINVAL : address;
    },
    copyFrameToTask(task, address, frame, offset, lengthBytes) {
      charge(lengthBytes);
      return memory.writeFromFrame(of(task, address), address, frame, offset, lengthBytes);
    },
    copyTaskToFrame(task, address, frame, offset, lengthBytes) {
      charge(lengthBytes);
      return memory.readToFrame(of(task, address), address, frame, offset, lengthBytes);
    },
  } satisfies Part;
}

function frameCalls(kernel: Kernel) {
  const { frames, spaces } = kernel;
  return {
    allocateFrame(zeroed) {
      kernel.charge(kernel.current, PAGE_BYTES / BYTES_PER_INSTRUCTION);
      return frames.allocate(zeroed !== 0, FRAME_USE.device);
    },
    allocateUserFrame(zeroed, use, wish) {
      kernel.charge(kernel.current, PAGE_BYTES / BYTES_PER_INSTRUCTION);
      return frames.allocate(zeroed !== 0, use, wish);
    },
    retainFrame: (frame) => frames.retain(frame),
    releaseFrame: (frame) => frames.release(frame),
    frameReferences: (frame) => frames.references(frame),
    copyFrame(from, to) {
      kernel.charge(kernel.current, PAGE_BYTES / BYTES_PER_INSTRUCTION);
      frames.copy(from, to);
    },
    clearFrame: (frame, offset, lengthBytes) => frames.clear(frame, offset, lengthBytes),
    frameIn: (frame, offset, to, toOffset, length) =>
      frames.read(frame, offset, to, toOffset, length),
    frameOut: (frame, offset, from, fromOffset, length) =>
      frames.write(frame, offset, from, fromOffset, length),
    framesFree: () => frames.freeCount,
    framesTotal: () => kernel.platform.frameCount,
    fileFramesLeft: (task) => {
      const job = kernel.tasks.attribute(task, ATTRIBUTE.job);
      return Math.min(kernel.jobs.fileFramesLeft(job), frames.freeCount);
    },
    createSpace: () => spaces.create(),
    destroySpace: (space) => spaces.destroy(space),
    map: (space, page, frame, permissions) => spaces.map(space, page, frame, permissions),
    unmap: (space, first, count) => spaces.unmap(space, first, count),
    protect: (space, first, count, permissions) => spaces.protect(space, first, count, permissions),
    mapping: (space, page) => spaces.mapping(space, page),
    shareMappings: (from, to, first, count, copyOnWrite) =>
      spaces.share(from, to, first, count, copyOnWrite !== 0),
    moveMappings: (space, from, to, count) => spaces.move(space, from, to, count),
    residentPages: (space, first, count) => spaces.resident(space, first, count),
    spaceFigure: (space, figure) => spaces.figure(space, figure),
    discountFrame(frame) {
      spaces.state.discountedFrame = frame;
    },
  } satisfies Part;
}

function taskCalls(kernel: Kernel) {
  const { tasks } = kernel;
  return {
    attribute: (task, attribute) => tasks.attribute(task, attribute),
    setAttribute: (task, attribute, value) => tasks.setAttribute(task, attribute, value),
    exists: (task) => (tasks.find(task) === undefined ? 0 : 1),
    systemFigure: (figure) => systemFigure(kernel, figure),
    setting: (which) => kernel.settings[which] ?? 0,
    setSetting(which, value) {
      kernel.settings[which] = value;
    },
    nextTask: (after) => orNone(tasks.next(after)),
    nextThread(process, after) {
      const threads = tasks.state.processes.get(process)?.tasks ?? [];
      const later = threads.filter((id) => id > after);
      return later.length === 0 ? -ESRCH : Math.min(...later);
    },
    groupCount: (task) => tasks.find(task)?.groups.length ?? 0,
    groupAt: (task, index) => tasks.find(task)?.groups[index] ?? 0,
    setGroups: (task, groups) => tasks.setGroups(task, groups),
    createTask(from, process) {
      const id = tasks.create(from, process);
      if (id > 0) kernel.accounting.state.tasksCreated++;
      return id;
    },
    setSpace(id, space) {
      const task = tasks.get(id);
      task.space = space;
      tasks.setAttribute(id, ATTRIBUTE.space, space);
      if (space >= 0) kernel.platform.setSpace(task.context, space);
      // Translated code goes on with the old space's translations: leave it (docs/design.md 4.4).
      task.attention = true;
    },
    startTask(id) {
      const task = tasks.get(id);
      if (task.state !== TASK_CREATED) throw new Error(`task ${id} was started before`);
      task.state = TASK_RUNNABLE;
      task.attention = true;
      kernel.upcalls.scheduler.admit(0, id);
      task.remainingInstructions = Math.max(1, task.quantumInstructions);
      kernel.enqueue(task);
    },
    endTask(id) {
      const task = tasks.get(id);
      kernel.calls.cancel(task);
      kernel.queues.remove(task);
      task.state = TASK_ENDED;
    },
    releaseTask(id) {
      for (let record = 0; record < 4; record++) kernel.published.delete(`${id}.${record}`);
      tasks.release(id);
    },
    adoptLeader(id) {
      const task = tasks.get(id);
      const wasQueued = task.queued;
      kernel.queues.remove(task);
      tasks.adoptLeader(id);
      if (wasQueued) kernel.queues.add(task, false);
    },
  } satisfies Part;
}

function systemFigure(kernel: Kernel, figure: number): number {
  const { tasksCreated, contextSwitches, loads } = kernel.accounting.state;
  if (figure === FIGURE.tasksCreated) return tasksCreated;
  if (figure === FIGURE.latestId) return kernel.tasks.latestId;
  if (figure === FIGURE.contextSwitches) return contextSwitches;
  if (figure === FIGURE.runnable) return kernel.queues.size();
  return loads[figure - FIGURE.load1] ?? 0;
}

function processCalls(kernel: Kernel) {
  const { tasks } = kernel;
  return {
    publish: (task, record, bytes) => {
      kernel.published.set(`${task}.${record}`, bytes.slice());
      if (task === 0) kernel.calls.wake(processChannel(0, PROCESS_END), Number.MAX_SAFE_INTEGER);
    },
    inheritPublished(from, to) {
      for (let record = 0; record < 4; record++) {
        const bytes = kernel.published.get(`${from}.${record}`);
        if (bytes !== undefined) kernel.published.set(`${to}.${record}`, bytes);
      }
    },
    readPublished(task, record, offset, destination) {
      const bytes = kernel.published.get(`${task}.${record}`);
      if (bytes === undefined) return -ENOENT;
      const part = bytes.subarray(offset, offset + destination.length);
      destination.set(part);
      return part.length;
    },
    stopProcess: (process) => kernel.signals.stopProcess(tasks.process(process)),
    continueProcess: (process) => kernel.signals.continueProcess(tasks.process(process)),
    endSystem: (how) => kernel.endSystem(how),
    strand: (process, status) => kernel.strand(tasks.process(process), status),
    setPriority(id, priority, quantumInstructions) {
      const task = tasks.get(id);
      const wasQueued = task.queued;
      kernel.queues.remove(task);
      task.priority = Math.max(0, Math.min(31, priority));
      task.quantumInstructions = quantumInstructions;
      task.remainingInstructions = Math.min(task.remainingInstructions, quantumInstructions);
      if (wasQueued) kernel.queues.add(task, false);
      kernel.reconsider();
    },
    yieldTask(id) {
      const task = tasks.get(id);
      task.remainingInstructions = 0;
      task.attention = true;
    },
    charge: (task, instructions) => kernel.charge(tasks.find(task), instructions),
  } satisfies Part;
}

function limitCalls(kernel: Kernel) {
  const { jobs } = kernel;
  return {
    mayHold: (job, bytes, files) => jobs.mayHold(job, bytes, files),
    hold: (job, bytes, files) => jobs.hold(job, bytes, files),
    exhaustedJob: (task) => jobs.exhausted(kernel.tasks.attribute(task, ATTRIBUTE.job)),
    killExhausted: (process) => kernel.killExhausted(process),
  } satisfies Part;
}

const orNone = (id: number): Result => (id < 0 ? -ESRCH : id);

function registerCalls(kernel: Kernel) {
  const { tasks, platform } = kernel;
  const word = (task: Task, register: number): number => tasks.registerWord(task, register);
  return {
    setRegister(id, register, low, high) {
      const task = tasks.get(id);
      const index = word(task, register);
      platform.words[index] = low;
      if (register < 65) platform.words[index + 1] = high;
      // exec and sigreturn choose where the program goes on: the call's result has no place.
      if (register === 64) task.call.keepsRegisters = true;
    },
    registerLow: (task, register) => platform.words[word(tasks.get(task), register)] ?? 0,
    registerHigh(task, register) {
      return register < 65 ? (platform.words[word(tasks.get(task), register) + 1] ?? 0) : 0;
    },
    clearRegisters(id) {
      const task = tasks.get(id);
      const base = platform.registersBase(task.context);
      platform.words.fill(0, base, base + 131);
      task.call.keepsRegisters = true;
    },
  } satisfies Part;
}

function signalCalls(kernel: Kernel) {
  const { tasks, signals } = kernel;
  return {
    postSignal: (target, id, signal, code, word0, word1, word2) =>
      signals.post(target, id, { signal, code, word0, word1, word2 }),
    takeSignal: (task) => signals.take(tasks.get(task)),
    takeSignalOf: (task, low, high) => signals.takeOf(tasks.get(task), low, high),
    awaitSignals(id, low, high) {
      const record = tasks.get(id).call;
      record.awaitedLow = low;
      record.awaitedHigh = high;
      record.dirty = true;
    },
    signalWord(id, index) {
      const info = tasks.get(id).current;
      return [info.signal, info.code, info.word0, info.word1, info.word2][index] ?? 0;
    },
    signalMaskLow: (task) => tasks.get(task).maskLow,
    signalMaskHigh: (task) => tasks.get(task).maskHigh,
    setSignalMask: (task, low, high) => signals.setMask(tasks.get(task), low, high),
    pendingLow(id) {
      const task = tasks.get(id);
      return task.pending.low | tasks.process(task.process).pending.low;
    },
    pendingHigh(id) {
      const task = tasks.get(id);
      return task.pending.high | tasks.process(task.process).pending.high;
    },
    setIgnored(id, low, high) {
      const process = tasks.process(id);
      process.ignoredLow = low;
      process.ignoredHigh = high;
    },
    ignoresSignal(id, signal) {
      const process = tasks.process(id);
      const low = process.ignoredLow & lowBit(signal);
      return (low | (process.ignoredHigh & highBit(signal))) !== 0 ? 1 : 0;
    },
    timerOverrun: (id, timer) => tasks.process(id).overruns.get(timer) ?? 0,
    discardTimer(id, timer) {
      const process = tasks.process(id);
      process.overruns.delete(timer);
      dropTimer(process.pending, timer);
      for (const task of process.tasks) dropTimer(tasks.get(task).pending, timer);
    },
    discardPending(id, signal) {
      const process = tasks.process(id);
      dropPending(process.pending, signal);
      for (const task of process.tasks) dropPending(tasks.get(task).pending, signal);
    },
  } satisfies Part;
}

function handlerCalls(kernel: Kernel) {
  const { tasks, signals } = kernel;
  return {
    enterHandler(id, stackTop, low, high, flags, maskLow, maskHigh, trampoline, sp, ss, bytes) {
      return signals.enterHandler(tasks.get(id), {
        stackTop,
        handlerLow: low,
        handlerHigh: high,
        flags,
        maskLow,
        maskHigh,
        trampoline,
        stackPointer: sp,
        stackFlags: ss,
        stackBytes: bytes,
      });
    },
    leaveHandler: (task) => signals.leaveHandler(tasks.get(task)),
    signalFrameBytes: () => SIGNAL_FRAME_BYTES,
    loadDouble: (id, address) => kernel.memory.loadDouble(tasks.get(id), address),
    storeWord(task, address, value) {
      return kernel.memory.storeWord(tasks.get(task), address, value);
    },
  } satisfies Part;
}

function timeCalls(kernel: Kernel, number: number) {
  const { time } = kernel;
  return {
    monotonicNanoseconds: () => kernel.now(),
    realtimeSeconds: () => time.realtime(kernel.now()).seconds,
    realtimeNanoseconds: () => time.realtime(kernel.now()).nanoseconds,
    coarseSeconds: () => time.coarse(kernel.runningInstructions).seconds,
    coarseNanoseconds: () => time.coarse(kernel.runningInstructions).nanoseconds,
    setRealtime: (seconds, nanoseconds) => time.setRealtime(kernel.now(), seconds, nanoseconds),
    setTimer: (deadline, token) => time.add(DEADLINE_TIMER, deadline, number, 0, token),
    cancelTimer: (timer) => time.cancelTimer(timer),
    randomWord: () => randomWord(kernel.random),
  } satisfies Part;
}

function deviceCalls(kernel: Kernel, number: number) {
  const { bus } = kernel.platform;
  const isSize = (size: number): size is 1 | 2 | 4 => size === 1 || size === 2 || size === 4;
  return {
    postEvent: (service, kind, word0, word1, word2) =>
      kernel.post(service, kind, word0, word1, word2),
    attachInterrupt: (line) => (kernel.interrupts.attach(line, number) ? 0 : -EINVAL),
    completeInterrupt(line) {
      if (kernel.interrupts.state.attached.get(line) !== number) return -EPERM;
      kernel.interrupts.complete(line);
      return 0;
    },
    busLoad(address, sizeBytes) {
      if (!isSize(sizeBytes)) return -EINVAL;
      const value = bus.load(address, sizeBytes);
      return value < 0 ? -EIO : value;
    },
    busStore(address, sizeBytes, value) {
      if (!isSize(sizeBytes)) return -EINVAL;
      return bus.store(address, sizeBytes, value) < 0 ? -EIO : 0;
    },
    physicalAddress: (frame) => RAM_BASE + frame * PAGE_BYTES,
  } satisfies Part;
}
