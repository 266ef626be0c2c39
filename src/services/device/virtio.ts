/**
 * What virtio drivers share: setting a device up over its MMIO registers, and split virtqueues in
 * frames (VIRTIO 1.2, 4.2 and 2.7). Functions over plain data, no state of their own; the state
 * belongs to the driver that calls. What the device answers is checked as a guest's would be.
 */
import * as virtio from "../../abi/virtio.js";
import type { KernelCalls } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";

/** Kernel calls that this library makes; a virtio driver's manifest lists them. */
export type VirtioKernelCalls = Pick<
  KernelCalls,
  "busLoad" | "busStore" | "frameIn" | "frameOut" | "physicalAddress"
>;

/** Entries of each queue; also the number of its slots. */
export const QUEUE_SLOTS = 8;
/** Room that a queue takes in its frame: descriptors, available ring, used ring. */
export const QUEUE_BYTES = 256;
const AVAILABLE_OFFSET = QUEUE_SLOTS * virtio.DESCRIPTOR_BYTES;
const USED_OFFSET = AVAILABLE_OFFSET + 32;

/** One queue of a driver. A slot is a descriptor with its buffer; a chain has one slot. */
export interface DriverQueue {
  readonly number: number;
  /** The queue's areas: QUEUE_BYTES from `offset` in `frame`, a multiple of 16. */
  readonly frame: number;
  readonly offset: number;
  /** Free-running 16-bit indices: offered so far, and taken back so far. */
  offered: number;
  taken: number;
}

/** A buffer of one slot. */
export interface SlotBuffer {
  readonly frame: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** A slot that the device gave back. */
export interface UsedSlot {
  readonly slot: number;
  readonly writtenBytes: number;
}

/** A queue that is not set up yet. */
export function createQueue(number: number, frame: number, offset: number): DriverQueue {
  return { number, frame, offset, offered: 0, taken: 0 };
}

/** @returns a register's value, or -errno */
export function loadRegister(kernel: VirtioKernelCalls, base: number, register: number): Result {
  return kernel.busLoad(base + register, 4);
}

/** @returns 0, or -errno */
export function storeRegister(
  kernel: VirtioKernelCalls,
  base: number,
  register: number,
  value: number,
): Result {
  return kernel.busStore(base + register, 4, value);
}

/**
 * Resets the device and negotiates (3.1.1, steps 1 to 6).
 * @param deviceId which kind of device is expected at `base`
 * @param features of the first word, all needed
 * @returns whether the device is there and accepts
 */
export function negotiate(
  kernel: VirtioKernelCalls,
  base: number,
  deviceId: number,
  features: number,
): boolean {
  const load = (register: number) => loadRegister(kernel, base, register);
  const store = (register: number, value: number) => storeRegister(kernel, base, register, value);
  if (
    load(virtio.VIRTIO_MMIO_MAGIC) !== virtio.VIRTIO_MAGIC ||
    load(virtio.VIRTIO_MMIO_VERSION) !== virtio.VIRTIO_VERSION ||
    load(virtio.VIRTIO_MMIO_DEVICE_ID) !== deviceId
  ) {
    return false;
  }
  let status = 0;
  store(virtio.VIRTIO_MMIO_STATUS, status);
  for (const bit of [virtio.STATUS_ACKNOWLEDGE, virtio.STATUS_DRIVER]) {
    status |= bit;
    store(virtio.VIRTIO_MMIO_STATUS, status);
  }
  for (const [word, wanted] of [features, virtio.FEATURE_VERSION_1].entries()) {
    store(virtio.VIRTIO_MMIO_DEVICE_FEATURES_SELECT, word);
    if ((load(virtio.VIRTIO_MMIO_DEVICE_FEATURES) & wanted) !== wanted) {
      store(virtio.VIRTIO_MMIO_STATUS, status | virtio.STATUS_FAILED);
      return false;
    }
    store(virtio.VIRTIO_MMIO_DRIVER_FEATURES_SELECT, word);
    store(virtio.VIRTIO_MMIO_DRIVER_FEATURES, wanted);
  }
  store(virtio.VIRTIO_MMIO_STATUS, status | virtio.STATUS_FEATURES_OK);
  return (load(virtio.VIRTIO_MMIO_STATUS) & virtio.STATUS_FEATURES_OK) !== 0;
}

/** Tells the device that the driver is up (3.1.1, step 8). */
export function setDriverOk(kernel: VirtioKernelCalls, base: number): void {
  const status = loadRegister(kernel, base, virtio.VIRTIO_MMIO_STATUS);
  storeRegister(kernel, base, virtio.VIRTIO_MMIO_STATUS, status | virtio.STATUS_DRIVER_OK);
}

/** Whether the device gave up (2.1.2). */
export function needsReset(kernel: VirtioKernelCalls, base: number): boolean {
  const status = loadRegister(kernel, base, virtio.VIRTIO_MMIO_STATUS);
  return status < 0 || (status & virtio.STATUS_NEEDS_RESET) !== 0;
}

/** Takes and acknowledges the interrupt's causes. @returns INTERRUPT_* bits */
export function acknowledge(kernel: VirtioKernelCalls, base: number): number {
  const causes = loadRegister(kernel, base, virtio.VIRTIO_MMIO_INTERRUPT_STATUS);
  if (causes <= 0) return 0;
  storeRegister(kernel, base, virtio.VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE, causes);
  return causes;
}

/**
 * Clears a queue's areas and makes it ready (4.2.3.2).
 * @returns false: the device has no such queue, or refuses it
 */
export function setUpQueue(kernel: VirtioKernelCalls, base: number, queue: DriverQueue): boolean {
  const store = (register: number, value: number) => storeRegister(kernel, base, register, value);
  kernel.frameOut(queue.frame, queue.offset, new Uint8Array(QUEUE_BYTES), 0, QUEUE_BYTES);
  queue.offered = 0;
  queue.taken = 0;
  store(virtio.VIRTIO_MMIO_QUEUE_SELECT, queue.number);
  if (loadRegister(kernel, base, virtio.VIRTIO_MMIO_QUEUE_SIZE_MAX) < QUEUE_SLOTS) return false;
  store(virtio.VIRTIO_MMIO_QUEUE_SIZE, QUEUE_SLOTS);
  const address = kernel.physicalAddress(queue.frame) + queue.offset;
  const areas = [
    [virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH, 0],
    [virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW, virtio.VIRTIO_MMIO_QUEUE_DRIVER_HIGH, AVAILABLE_OFFSET],
    [virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW, virtio.VIRTIO_MMIO_QUEUE_DEVICE_HIGH, USED_OFFSET],
  ] as const;
  for (const [low, high, offset] of areas) {
    store(low, (address + offset) % 2 ** 32);
    store(high, Math.floor((address + offset) / 2 ** 32));
  }
  store(virtio.VIRTIO_MMIO_QUEUE_READY, 1);
  return loadRegister(kernel, base, virtio.VIRTIO_MMIO_QUEUE_READY) === 1;
}

/** Takes a queue back from the device, so that its frames may be freed. */
export function stopQueue(kernel: VirtioKernelCalls, base: number, queue: DriverQueue): void {
  storeRegister(kernel, base, virtio.VIRTIO_MMIO_QUEUE_SELECT, queue.number);
  storeRegister(kernel, base, virtio.VIRTIO_MMIO_QUEUE_READY, 0);
}

function store16(kernel: VirtioKernelCalls, queue: DriverQueue, at: number, value: number): void {
  const bytes = Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
  kernel.frameOut(queue.frame, queue.offset + at, bytes, 0, 2);
}

/** Offers a slot's buffer to the device, without a notification. */
export function offer(
  kernel: VirtioKernelCalls,
  queue: DriverQueue,
  slot: number,
  buffer: SlotBuffer,
  isWritable: boolean,
): void {
  const address = kernel.physicalAddress(buffer.frame) + buffer.offset;
  const descriptor = new Uint8Array(virtio.DESCRIPTOR_BYTES);
  const view = new DataView(descriptor.buffer);
  view.setUint32(0, address % 2 ** 32, true);
  view.setUint32(4, Math.floor(address / 2 ** 32), true);
  view.setUint32(8, buffer.lengthBytes, true);
  view.setUint16(12, isWritable ? virtio.DESCRIPTOR_WRITE : 0, true);
  const at = queue.offset + slot * virtio.DESCRIPTOR_BYTES;
  kernel.frameOut(queue.frame, at, descriptor, 0, virtio.DESCRIPTOR_BYTES);
  const entry = virtio.RING_HEAD_BYTES + 2 * (queue.offered % QUEUE_SLOTS);
  store16(kernel, queue, AVAILABLE_OFFSET + entry, slot);
  queue.offered = (queue.offered + 1) & 0xffff;
  store16(kernel, queue, AVAILABLE_OFFSET + 2, queue.offered);
}

/** Tells the device that slots were offered. */
export function notify(kernel: VirtioKernelCalls, base: number, queue: DriverQueue): void {
  storeRegister(kernel, base, virtio.VIRTIO_MMIO_QUEUE_NOTIFY, queue.number);
}

/** Asks for an interrupt when the device gives a slot back, or not (2.7.7). */
export function wantInterrupt(
  kernel: VirtioKernelCalls,
  queue: DriverQueue,
  wanted: boolean,
): void {
  store16(kernel, queue, AVAILABLE_OFFSET, wanted ? 0 : virtio.AVAILABLE_NO_INTERRUPT);
}

/**
 * The next slot that the device gave back, in its order.
 * @returns undefined: none; a slot of -1: the device broke the queue
 */
export function takeUsed(kernel: VirtioKernelCalls, queue: DriverQueue): UsedSlot | undefined {
  const bytes = new Uint8Array(virtio.USED_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  const used = queue.offset + USED_OFFSET;
  kernel.frameIn(queue.frame, used + 2, bytes, 0, 2);
  const waiting = (view.getUint16(0, true) - queue.taken) & 0xffff;
  if (waiting === 0) return undefined;
  const entry = virtio.RING_HEAD_BYTES + virtio.USED_ENTRY_BYTES * (queue.taken % QUEUE_SLOTS);
  kernel.frameIn(queue.frame, used + entry, bytes, 0, virtio.USED_ENTRY_BYTES);
  const slot = view.getUint32(0, true);
  const outstanding = (queue.offered - queue.taken) & 0xffff;
  if (slot >= QUEUE_SLOTS || waiting > outstanding) return { slot: -1, writtenBytes: 0 };
  queue.taken = (queue.taken + 1) & 0xffff;
  return { slot, writtenBytes: view.getUint32(4, true) };
}
