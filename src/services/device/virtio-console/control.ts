/**
 * The control queues of the console driver: messages to the device, and those that arrive (VIRTIO
 * 1.2, 5.3.6.2). One frame holds both queues and their buffers.
 */
import * as console from "../../../abi/virtio.js";
import type { KernelCalls } from "../../../kernel/calls.js";
import * as virtio from "../virtio.js";
import { CONSOLE_REGISTERS } from "./manifest.js";

/** A message with its longest tail: a name of 64 bytes and more. */
const RECEIVE_BYTES = 128;
const RECEIVE_OFFSET = 1024;
const TRANSMIT_OFFSET = RECEIVE_OFFSET + virtio.QUEUE_SLOTS * RECEIVE_BYTES;

export interface ControlState {
  readonly frame: number;
  readonly receive: virtio.DriverQueue;
  readonly transmit: virtio.DriverQueue;
}

export interface ControlMessage {
  readonly port: number;
  readonly event: number;
  readonly value: number;
  /** Of CONSOLE_PORT_NAME. */
  readonly name?: string;
}

/** The queues in a frame, not set up yet. */
export function createControl(frame: number): ControlState {
  const transmitNumber = console.CONSOLE_QUEUE_CONTROL_TRANSMIT;
  return {
    frame,
    receive: virtio.createQueue(console.CONSOLE_QUEUE_CONTROL_RECEIVE, frame, 0),
    transmit: virtio.createQueue(transmitNumber, frame, virtio.QUEUE_BYTES),
  };
}

function receiveBuffer(control: ControlState, slot: number): virtio.SlotBuffer {
  const offset = RECEIVE_OFFSET + slot * RECEIVE_BYTES;
  return { frame: control.frame, offset, lengthBytes: RECEIVE_BYTES };
}

/** Makes both queues ready and offers all receive buffers. @returns false: the device refuses */
export function setUpControl(kernel: KernelCalls, control: ControlState): boolean {
  const isReady =
    virtio.setUpQueue(kernel, CONSOLE_REGISTERS, control.receive) &&
    virtio.setUpQueue(kernel, CONSOLE_REGISTERS, control.transmit);
  if (!isReady) return false;
  virtio.wantInterrupt(kernel, control.transmit, false);
  for (let slot = 0; slot < virtio.QUEUE_SLOTS; slot++) {
    virtio.offer(kernel, control.receive, slot, receiveBuffer(control, slot), true);
  }
  return true;
}

/** Sends a message; the device takes it within the notification. @returns false: it does not */
export function sendControl(
  kernel: KernelCalls,
  control: ControlState,
  message: ControlMessage,
): boolean {
  const bytes = new Uint8Array(console.CONSOLE_CONTROL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, message.port, true);
  view.setUint16(4, message.event, true);
  view.setUint16(6, message.value, true);
  kernel.frameOut(control.frame, TRANSMIT_OFFSET, bytes, 0, bytes.length);
  const buffer = { frame: control.frame, offset: TRANSMIT_OFFSET, lengthBytes: bytes.length };
  virtio.offer(kernel, control.transmit, 0, buffer, false);
  virtio.notify(kernel, CONSOLE_REGISTERS, control.transmit);
  return virtio.takeUsed(kernel, control.transmit)?.slot === 0;
}

/**
 * The next message of the device; its buffer goes back.
 * @returns undefined: none, or "broken": the device broke the queue
 */
export function takeControl(
  kernel: KernelCalls,
  control: ControlState,
): ControlMessage | "broken" | undefined {
  const used = virtio.takeUsed(kernel, control.receive);
  if (!used) return undefined;
  if (used.slot < 0 || used.writtenBytes < console.CONSOLE_CONTROL_BYTES) return "broken";
  const buffer = receiveBuffer(control, used.slot);
  const bytes = new Uint8Array(Math.min(used.writtenBytes, RECEIVE_BYTES));
  kernel.frameIn(buffer.frame, buffer.offset, bytes, 0, bytes.length);
  virtio.offer(kernel, control.receive, used.slot, buffer, true);
  virtio.notify(kernel, CONSOLE_REGISTERS, control.receive);
  const view = new DataView(bytes.buffer);
  return {
    port: view.getUint32(0, true),
    event: view.getUint16(4, true),
    value: view.getUint16(6, true),
    name: String.fromCharCode(...bytes.subarray(console.CONSOLE_CONTROL_BYTES)),
  };
}
