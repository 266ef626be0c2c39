/**
 * The events service: eventfd, timerfd, signalfd and pidfd as open files. Layers: state.ts → a file
 * per kind (counters, timers, signals, processes) and nameless.ts → this, the protocol's surface.
 */
import { EINVAL, ENOTTY, ESRCH } from "../../abi/errno.js";
import { ANON_INODE_FS_MAGIC } from "../../abi/events.js";
import { encodeStat, encodeStatfs } from "../../abi/file.js";
import { EVENT_TIMER, type KernelCalls, type TaskId } from "../../kernel/calls.js";
import { inherited } from "../../kernel/methods.js";
import type { Result } from "../../kernel/protocol.js";
import { NODE } from "../file/protocol.js";
import { pollCounter, readCounter, writeCounter } from "./counters.js";
import { describe } from "./describe.js";
import { NAMELESS } from "./nameless.js";
import { createProcess, isThere, pollProcess } from "./processes.js";
import { EVENT_KIND, type EventsService, eventKind } from "./protocol.js";
import { pollSignals, readableLow, readSignals } from "./signals.js";
import { addHandle, type Core, createEventsState, type EventsState, objectOf } from "./state.js";
import { createTimer, disarm, expire, getTimer, pollTimer, readTimer, setTimer } from "./timers.js";

/** All such files share one inode, as Linux's anonymous inodes do. */
const INODE = 1;
const MODE = 0o600;

/** The events service. */
export function makeEvents(kernel: KernelCalls): EventsService & { readonly state: EventsState } {
  const core: Core = { kernel, state: createEventsState() };
  return inherited(Object.assign(new Events(core), NAMELESS));
}

class Events implements Omit<EventsService, keyof typeof NAMELESS> {
  readonly state: EventsState;

  constructor(private readonly core: Core) {
    this.state = core.state;
  }

  event(_caller: TaskId, kind: number, word0: number, _word1: number, _word2: number): Result {
    if (kind === EVENT_TIMER) expire(this.core, word0);
    return 0;
  }

  attribute(_caller: TaskId, _node: number, which: number): Result {
    if (which === NODE.mode) return MODE;
    return which === NODE.links || which === NODE.inode ? INODE : 0;
  }

  stat(caller: TaskId, _node: number, device: number, buffer: number): Result {
    const bytes = encodeStat({
      device,
      inode: INODE,
      mode: MODE,
      links: 1,
      userId: 0,
      groupId: 0,
      specialDevice: 0,
      sizeBytes: 0,
      blocks: 0,
      accessSeconds: 0,
      accessNanoseconds: 0,
      modifySeconds: 0,
      modifyNanoseconds: 0,
      changeSeconds: 0,
      changeNanoseconds: 0,
    });
    return this.core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  statfs(caller: TaskId, _node: number, buffer: number): Result {
    const bytes = encodeStatfs(ANON_INODE_FS_MAGIC, 0, 0, 0, 0);
    return this.core.kernel.copyOut(caller, buffer, bytes, 0, bytes.length);
  }

  close(_caller: TaskId, handle: number): Result {
    const { state } = this;
    const number = Math.floor(handle / 8);
    const timer = state.timers.get(number);
    if (timer !== undefined) disarm(this.core, timer);
    for (const table of [state.counters, state.timers, state.signals, state.processes]) {
      table.delete(number);
    }
    return 0;
  }

  read(
    caller: TaskId,
    handle: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    const { core, state } = this;
    switch (eventKind(handle)) {
      case EVENT_KIND.counter:
        return readCounter(
          core,
          caller,
          objectOf(state.counters, handle),
          buffer,
          lengthBytes,
          flags,
        );
      case EVENT_KIND.timer:
        return readTimer(core, caller, handle, buffer, lengthBytes, flags);
      case EVENT_KIND.signals: {
        const set = objectOf(state.signals, handle);
        return readSignals(core, caller, set, buffer, lengthBytes, flags);
      }
      default:
        return -EINVAL;
    }
  }

  write(
    caller: TaskId,
    handle: number,
    _offset: number,
    buffer: number,
    lengthBytes: number,
    flags: number,
  ): Result {
    if (eventKind(handle) !== EVENT_KIND.counter) return -EINVAL;
    const counter = objectOf(this.state.counters, handle);
    return writeCounter(this.core, caller, counter, buffer, lengthBytes, flags);
  }

  poll(caller: TaskId, handle: number, events: number, register: number): Result {
    const { core, state } = this;
    switch (eventKind(handle)) {
      case EVENT_KIND.counter:
        return pollCounter(core, caller, objectOf(state.counters, handle), events, register);
      case EVENT_KIND.timer:
        return pollTimer(core, caller, handle, events, register);
      case EVENT_KIND.signals:
        return pollSignals(core, caller, objectOf(state.signals, handle), events, register);
      case EVENT_KIND.process:
        return pollProcess(core, caller, objectOf(state.processes, handle), events, register);
      default:
        return 0;
    }
  }

  ioctl(): Result {
    return -ENOTTY;
  }

  createCounter(_caller: TaskId, initial: number, isSemaphore: number): Result {
    const { kernel } = this.core;
    return addHandle(this.state, this.state.counters, EVENT_KIND.counter, {
      low: initial,
      high: 0,
      isSemaphore: isSemaphore !== 0,
      growth: kernel.newChannel(),
      room: kernel.newChannel(),
    });
  }

  createTimer(caller: TaskId, clock: number): Result {
    return createTimer(this.core, caller, clock);
  }

  setTimer(caller: TaskId, timer: number, flags: number, value: number, old: number): Result {
    return setTimer(this.core, caller, timer, flags, value, old);
  }

  getTimer(caller: TaskId, timer: number, value: number): Result {
    return getTimer(this.core, caller, timer, value);
  }

  createSignals(_caller: TaskId, maskLow: number, maskHigh: number): Result {
    const set = { low: readableLow(maskLow), high: maskHigh };
    return addHandle(this.state, this.state.signals, EVENT_KIND.signals, set);
  }

  setSignals(_caller: TaskId, signals: number, maskLow: number, maskHigh: number): Result {
    const set = objectOf(this.state.signals, signals);
    set.low = readableLow(maskLow);
    set.high = maskHigh;
    return 0;
  }

  createProcess(_caller: TaskId, process: number): Result {
    return createProcess(this.core, process);
  }

  describe(caller: TaskId, opened: number, buffer: number, lengthBytes: number): Result {
    const bytes = Uint8Array.from(describe(this.core, opened), (c) => c.charCodeAt(0));
    const length = Math.min(bytes.length, lengthBytes);
    const failed = this.core.kernel.copyOut(caller, buffer, bytes, 0, length);
    return failed < 0 ? failed : length;
  }

  processOf(_caller: TaskId, opened: number): Result {
    const reference = objectOf(this.state.processes, opened);
    return isThere(this.core, reference) ? reference.process : -ESRCH;
  }
}
