/**
 * Driver of the virtio file system device (VIRTIO 1.2, 5.11): carries requests of FUSE to the host
 * and replies back. A reply may be there within the notification, or come later: then the call
 * waits, and finds it when it runs again. A request is sent once, however often its call runs.
 *
 * Layers: ../virtio.ts sets the device up; chains.ts moves chains; this file keeps what is under
 * way. The device is set up, and frames are taken, when the first request comes.
 */
import { EAGAIN, EINVAL, EIO } from "../../../abi/errno.js";
import {
  FILE_SYSTEM_QUEUE_REQUESTS,
  FILE_SYSTEM_QUEUE_URGENT,
  VIRTIO_ID_FILE_SYSTEM,
} from "../../../abi/virtio.js";
import { EVENT_INTERRUPT, type KernelCalls, type TaskId } from "../../../kernel/calls.js";
import { PAGE_BYTES } from "../../../kernel/platform.js";
import { RANGE_BYTES_MAX, type Result } from "../../../kernel/protocol.js";
import { FOLDER_MESSAGE_BYTES, type FolderDriver } from "../protocol.js";
import * as virtio from "../virtio.js";
import * as chains from "./chains.js";
import { FILE_SYSTEM_INTERRUPT, FILE_SYSTEM_REGISTERS } from "./manifest.js";

/** Frames of a slot: the request, the first part of its reply, and data of either direction. */
const REQUEST = 0;
const REPLY = 1;
const DATA = 2;
const DATA_FRAMES = RANGE_BYTES_MAX / PAGE_BYTES;

/** What a slot's request is doing. */
const FREE = 0;
const SENT = 1;
const DONE = 2;
/** Nobody waits for the reply any more. */
const FORGOTTEN = 3;

interface Slot {
  readonly frames: readonly number[];
  /** Woken when the reply is there. */
  readonly channel: number;
  state: number;
  /** Which queue it is in. */
  queue: number;
  unique: number;
  callId: number;
  writtenBytes: number;
}

export interface FolderDriverState {
  isStarted: boolean;
  /** No device, or one that broke its queues: every request gets EIO. */
  failed: boolean;
  readonly queues: chains.ChainQueue[];
  /** As many as were needed at once, by their place in the queues. */
  readonly slots: Slot[];
  /** Woken when a slot is free; -1: not made yet. */
  freeChannel: number;
}

/** The driver. */
export class VirtioFileSystemDriver implements FolderDriver {
  readonly state: FolderDriverState = {
    isStarted: false,
    failed: false,
    queues: [],
    slots: [],
    freeChannel: -1,
  };

  constructor(private readonly kernel: KernelCalls) {}

  event(_caller: TaskId, kind: number, word0: number): Result {
    if (kind !== EVENT_INTERRUPT || word0 !== FILE_SYSTEM_INTERRUPT) return -EINVAL;
    virtio.acknowledge(this.kernel, FILE_SYSTEM_REGISTERS);
    this.collect();
    if (virtio.needsReset(this.kernel, FILE_SYSTEM_REGISTERS)) this.fail();
    return this.kernel.completeInterrupt(FILE_SYSTEM_INTERRUPT);
  }

  commit(_caller: TaskId, callId: number): Result {
    for (const [index, slot] of this.state.slots.entries()) {
      if (slot.callId !== callId) continue;
      if (slot.state === DONE) this.free(index);
      else if (slot.state === SENT) slot.state = FORGOTTEN;
    }
    return 0;
  }

  abort(caller: TaskId, callId: number): Result {
    return this.commit(caller, callId);
  }

  exchange(
    caller: TaskId,
    unique: number,
    request: number,
    requestLength: number,
    input: number,
    inputLength: number,
    output: number,
    outputLength: number,
    reply: number,
    replyLength: number,
  ): Result {
    const { kernel, state } = this;
    if (!this.isReady()) return -EIO;
    if (requestLength > FOLDER_MESSAGE_BYTES || replyLength > FOLDER_MESSAGE_BYTES) return -EINVAL;
    let index = state.slots.findIndex((one) => one.unique === unique && one.state !== FREE);
    if (index < 0) {
      index = this.findFree();
      if (index < 0) return caller === 0 ? -EAGAIN : kernel.block(caller, this.freeChannel());
      const slot = state.slots[index] as Slot;
      slot.unique = unique;
      slot.callId = kernel.callId(caller);
      const failed = this.fill(caller, slot, request, requestLength, input, inputLength);
      if (failed < 0) return failed;
      const writable = [{ frame: slot.frames[REPLY] as number, lengthBytes: replyLength }];
      writable.push(...dataBuffers(slot, outputLength));
      this.send(index, FILE_SYSTEM_QUEUE_REQUESTS, requestLength, inputLength, writable);
    }
    const slot = state.slots[index] as Slot;
    if (state.failed) return -EIO;
    if (slot.state !== DONE || kernel.forced(caller)) {
      if (caller === 0) {
        slot.state = slot.state === DONE ? DONE : FORGOTTEN;
        return -EAGAIN;
      }
      kernel.participate(caller);
      return kernel.block(caller, slot.channel);
    }
    const written = slot.writtenBytes;
    const first = Math.min(written, replyLength);
    let failed = kernel.copyFrameToTask(caller, reply, slot.frames[REPLY] as number, 0, first);
    const rest = Math.min(written - first, outputLength);
    for (let done = 0; failed >= 0 && done < rest; done += PAGE_BYTES) {
      const frame = slot.frames[DATA + done / PAGE_BYTES] as number;
      const count = Math.min(PAGE_BYTES, rest - done);
      failed = kernel.copyFrameToTask(caller, output + done, frame, 0, count);
    }
    this.free(index);
    return failed < 0 ? failed : written;
  }

  post(caller: TaskId, request: number, requestLength: number, isUrgent: number): Result {
    if (!this.isReady()) return -EIO;
    if (requestLength > FOLDER_MESSAGE_BYTES) return -EINVAL;
    const index = this.findFree();
    if (index < 0) return -EAGAIN;
    const slot = this.state.slots[index] as Slot;
    slot.unique = -1;
    slot.callId = -1;
    const failed = this.fill(caller, slot, request, requestLength, 0, 0);
    if (failed < 0) return failed;
    const queue = isUrgent === 1 ? FILE_SYSTEM_QUEUE_URGENT : FILE_SYSTEM_QUEUE_REQUESTS;
    const reply = { frame: slot.frames[REPLY] as number, lengthBytes: FOLDER_MESSAGE_BYTES };
    this.send(index, queue, requestLength, 0, isUrgent === 1 ? [] : [reply]);
    if (slot.state === DONE) this.free(index);
    else if (slot.state === SENT) slot.state = FORGOTTEN;
    return 0;
  }

  /** Copies a request and the data behind it into a slot's frames. @returns 0 or -errno */
  private fill(
    caller: TaskId,
    slot: Slot,
    request: number,
    requestLength: number,
    input: number,
    inputLength: number,
  ): Result {
    const head = slot.frames[REQUEST] as number;
    let failed = this.kernel.copyTaskToFrame(caller, request, head, 0, requestLength);
    for (let done = 0; failed >= 0 && done < inputLength; done += PAGE_BYTES) {
      const frame = slot.frames[DATA + done / PAGE_BYTES] as number;
      const count = Math.min(PAGE_BYTES, inputLength - done);
      failed = this.kernel.copyTaskToFrame(caller, input + done, frame, 0, count);
    }
    return failed;
  }

  /** Sends what `fill` has put into a slot; what the device answers at once is collected. */
  private send(
    index: number,
    queueNumber: number,
    requestLength: number,
    inputLength: number,
    writable: readonly { readonly frame: number; readonly lengthBytes: number }[],
  ): void {
    const slot = this.state.slots[index] as Slot;
    const queue = this.state.queues[queueNumber] as chains.ChainQueue;
    const readable = [{ frame: slot.frames[REQUEST] as number, lengthBytes: requestLength }];
    readable.push(...dataBuffers(slot, inputLength));
    slot.state = SENT;
    slot.queue = queueNumber;
    chains.wantInterrupt(this.kernel, queue, false);
    chains.offerChain(this.kernel, queue, index, [
      ...readable.map((buffer) => ({ ...buffer, isWritable: false })),
      ...writable.map((buffer) => ({ ...buffer, isWritable: true })),
    ]);
    this.collect();
    if (slot.state !== SENT) return;
    chains.wantInterrupt(this.kernel, queue, true);
    if (virtio.needsReset(this.kernel, FILE_SYSTEM_REGISTERS)) this.fail();
  }

  /** Takes over what the device gave back, and wakes who waits for it. */
  private collect(): void {
    for (const queue of this.state.queues) {
      for (;;) {
        const used = chains.takeChain(this.kernel, queue);
        if (used === undefined) break;
        const slot = this.state.slots[used.slot];
        if (slot === undefined || (slot.state !== SENT && slot.state !== FORGOTTEN)) {
          this.fail();
          return;
        }
        if (slot.state === FORGOTTEN) {
          this.free(used.slot);
          continue;
        }
        slot.state = DONE;
        slot.writtenBytes = used.writtenBytes;
        this.kernel.wake(slot.channel, Number.MAX_SAFE_INTEGER);
      }
    }
  }

  private free(index: number): void {
    (this.state.slots[index] as Slot).state = FREE;
    if (this.state.freeChannel >= 0) this.kernel.wake(this.state.freeChannel, 1);
  }

  /** The index of a slot that may be used, made if there is none; -1: all are under way. */
  private findFree(): number {
    const { kernel, state } = this;
    const index = state.slots.findIndex((slot) => slot.state === FREE);
    if (index >= 0 || state.slots.length === chains.SLOTS) return index;
    const frames = this.allocate(DATA + DATA_FRAMES);
    if (frames === undefined) return -1;
    const channel = kernel.newChannel();
    const fresh = { frames, channel, state: FREE, queue: 0, unique: -1 };
    return state.slots.push({ ...fresh, callId: -1, writtenBytes: 0 }) - 1;
  }

  /** Frames, all or none. */
  private allocate(count: number): number[] | undefined {
    const frames = Array.from({ length: count }, () => this.kernel.allocateFrame(1));
    if (frames.every((frame) => frame >= 0)) return frames;
    for (const frame of frames) if (frame >= 0) this.kernel.releaseFrame(frame);
    return undefined;
  }

  private freeChannel(): number {
    if (this.state.freeChannel < 0) this.state.freeChannel = this.kernel.newChannel();
    return this.state.freeChannel;
  }

  /** Sets the device up at the first request. @returns whether it works */
  private isReady(): boolean {
    const { kernel, state } = this;
    if (state.isStarted) return !state.failed;
    const frames = this.allocate(2);
    // Without memory it is tried again.
    if (frames === undefined) return false;
    state.isStarted = true;
    const numbers = [FILE_SYSTEM_QUEUE_URGENT, FILE_SYSTEM_QUEUE_REQUESTS];
    for (const number of numbers) {
      state.queues.push({ number, frame: frames[number] as number, offered: 0, taken: 0 });
    }
    const base = FILE_SYSTEM_REGISTERS;
    state.failed =
      kernel.attachInterrupt(FILE_SYSTEM_INTERRUPT) < 0 ||
      !virtio.negotiate(kernel, base, VIRTIO_ID_FILE_SYSTEM, 0) ||
      !state.queues.every((queue) => chains.setUpChains(kernel, queue));
    if (!state.failed) virtio.setDriverOk(kernel, base);
    return !state.failed;
  }

  /** The device is lost: who waits gets EIO. */
  private fail(): void {
    this.state.failed = true;
    for (const slot of this.state.slots) this.kernel.wake(slot.channel, Number.MAX_SAFE_INTEGER);
    if (this.state.freeChannel >= 0) {
      this.kernel.wake(this.state.freeChannel, Number.MAX_SAFE_INTEGER);
    }
  }
}

/** The buffers of a slot's data frames, for so many bytes. */
function dataBuffers(slot: Slot, lengthBytes: number) {
  const buffers: { frame: number; lengthBytes: number }[] = [];
  for (let done = 0; done < lengthBytes; done += PAGE_BYTES) {
    const frame = slot.frames[DATA + done / PAGE_BYTES] as number;
    buffers.push({ frame, lengthBytes: Math.min(PAGE_BYTES, lengthBytes - done) });
  }
  return buffers;
}
