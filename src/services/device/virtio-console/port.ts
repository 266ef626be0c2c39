/**
 * One port of the console as the driver sees it: its two queues, their buffers in frames, and what
 * is in them. index.ts decides when bytes move; control.ts carries the messages about ports.
 */
import { ENOMEM } from "../../../abi/errno.js";
import { consoleReceiveQueue, consoleTransmitQueue } from "../../../abi/virtio.js";
import type { KernelCalls } from "../../../kernel/calls.js";
import * as virtio from "../virtio.js";
import { CONSOLE_REGISTERS } from "./manifest.js";

/** Receive buffers: this many, in the second half of the frame that has the queues. */
const RECEIVE_SLOTS = 2;
const RECEIVE_OFFSET = 2048;
const RECEIVE_BYTES = 1024;
/** Transmit buffers: this many, each a frame, taken when it is first written to. */
const TRANSMIT_SLOTS = 2;
export const TRANSMIT_BYTES = 4096;

/** A filled receive buffer: bytes `first` to `end` of the slot are the owner's to fetch. */
export interface Filled {
  readonly slot: number;
  first: number;
  readonly end: number;
}

export interface PortState {
  readonly receive: virtio.DriverQueue;
  readonly transmit: virtio.DriverQueue;
  /** By transmit slot: the buffer, or -1: none yet, nothing was ever written. */
  readonly transmitFrames: number[];
  /** Filled receive buffers, oldest first. */
  filled: Filled[];
  /** Bytes under way in each transmit slot; 0: the slot is free. */
  transmitting: number[];
  /** The host's end is open; false means end of file behind `filled`. */
  hostOpen: boolean;
  /** The owner waits for room: a room event follows. */
  roomAwaited: boolean;
  /** Events for the owner that are not posted yet: bits of 1 << kind. */
  owedEvents: number;
}

function receiveBuffer(port: PortState, slot: number): virtio.SlotBuffer {
  const offset = RECEIVE_OFFSET + slot * RECEIVE_BYTES;
  return { frame: port.receive.frame, offset, lengthBytes: RECEIVE_BYTES };
}

/** Sets a port's queues up and offers its receive buffers. @returns undefined: no frames, or the
 * device refuses */
export function createPort(kernel: KernelCalls, number: number): PortState | undefined {
  const queueFrame = kernel.allocateFrame(1);
  const transmitFrames = new Array<number>(TRANSMIT_SLOTS).fill(-1);
  const port: PortState = {
    receive: virtio.createQueue(consoleReceiveQueue(number), queueFrame, 0),
    transmit: virtio.createQueue(consoleTransmitQueue(number), queueFrame, virtio.QUEUE_BYTES),
    transmitFrames,
    filled: [],
    transmitting: transmitFrames.map(() => 0),
    hostOpen: false,
    roomAwaited: false,
    owedEvents: 0,
  };
  const isReady =
    queueFrame >= 0 &&
    virtio.setUpQueue(kernel, CONSOLE_REGISTERS, port.receive) &&
    virtio.setUpQueue(kernel, CONSOLE_REGISTERS, port.transmit);
  if (!isReady) {
    destroyPort(kernel, port);
    return undefined;
  }
  // Output is taken back when there is more of it; only a full port asks for the interrupt.
  virtio.wantInterrupt(kernel, port.transmit, false);
  for (let slot = 0; slot < RECEIVE_SLOTS; slot++) {
    virtio.offer(kernel, port.receive, slot, receiveBuffer(port, slot), true);
  }
  virtio.notify(kernel, CONSOLE_REGISTERS, port.receive);
  return port;
}

/** Takes the queues back from the device, then frees the frames. */
export function destroyPort(kernel: KernelCalls, port: PortState): void {
  virtio.stopQueue(kernel, CONSOLE_REGISTERS, port.receive);
  virtio.stopQueue(kernel, CONSOLE_REGISTERS, port.transmit);
  for (const frame of [port.receive.frame, ...port.transmitFrames]) {
    if (frame >= 0) kernel.releaseFrame(frame);
  }
}

/**
 * Takes over what the device has put into receive buffers.
 * @returns bytes that arrived, or -1: the device broke the queue
 */
export function collectInput(kernel: KernelCalls, port: PortState): number {
  let arrived = 0;
  for (;;) {
    const used = virtio.takeUsed(kernel, port.receive);
    if (!used) return arrived;
    const { slot, writtenBytes } = used;
    if (slot < 0 || slot >= RECEIVE_SLOTS || writtenBytes > RECEIVE_BYTES) return -1;
    port.filled.push({ slot, first: 0, end: writtenBytes });
    arrived += writtenBytes;
  }
}

/**
 * Copies the oldest input to the caller, at most `lengthBytes` and of one buffer; an emptied buffer
 * goes back to the device.
 * @returns bytes copied, 0: none there, or -errno
 */
export function fetchInput(
  kernel: KernelCalls,
  port: PortState,
  caller: number,
  address: number,
  lengthBytes: number,
): number {
  const oldest = port.filled[0];
  if (!oldest) return 0;
  const count = Math.min(lengthBytes, oldest.end - oldest.first);
  const buffer = receiveBuffer(port, oldest.slot);
  const from = buffer.offset + oldest.first;
  const copied = kernel.copyFrameToTask(caller, address, buffer.frame, from, count);
  if (copied < 0) return copied;
  oldest.first += count;
  if (oldest.first === oldest.end) {
    port.filled.shift();
    virtio.offer(kernel, port.receive, oldest.slot, buffer, true);
    virtio.notify(kernel, CONSOLE_REGISTERS, port.receive);
  }
  return count;
}

/**
 * Takes back transmit slots that the device has sent.
 * @returns false: the device broke the queue
 */
export function reclaimOutput(kernel: KernelCalls, port: PortState): boolean {
  for (;;) {
    const used = virtio.takeUsed(kernel, port.transmit);
    if (!used) return true;
    if (used.slot < 0 || used.slot >= TRANSMIT_SLOTS) return false;
    port.transmitting[used.slot] = 0;
  }
}

/**
 * Copies up to TRANSMIT_BYTES of the caller into a free slot and sends it.
 * @returns bytes taken, 0: no free slot, or -errno (-ENOMEM: no frame for a buffer)
 */
export function sendOutput(
  kernel: KernelCalls,
  port: PortState,
  caller: number,
  address: number,
  lengthBytes: number,
): number {
  const slot = port.transmitting.indexOf(0);
  if (slot < 0) return 0;
  let frame = port.transmitFrames[slot] as number;
  if (frame < 0) {
    frame = kernel.allocateFrame(1);
    if (frame < 0) return -ENOMEM;
    port.transmitFrames[slot] = frame;
  }
  const count = Math.min(lengthBytes, TRANSMIT_BYTES);
  const copied = kernel.copyTaskToFrame(caller, address, frame, 0, count);
  if (copied < 0) return copied;
  port.transmitting[slot] = count;
  virtio.offer(kernel, port.transmit, slot, { frame, offset: 0, lengthBytes: count }, false);
  virtio.notify(kernel, CONSOLE_REGISTERS, port.transmit);
  return count;
}
