/**
 * The driver's side of a queue whose chains have many buffers (VIRTIO 1.2, 2.7): a slot is a place
 * for one chain. Functions over plain data, over ../virtio.ts.
 */
import * as abi from "../../../abi/virtio.js";
import type { KernelCalls } from "../../../kernel/calls.js";
import * as virtio from "../virtio.js";
import { FILE_SYSTEM_REGISTERS } from "./manifest.js";

/** Chains that a queue has room for, and buffers of each. */
export const SLOTS = 6;
export const SLOT_BUFFERS = 20;
const ENTRIES = abi.FILE_SYSTEM_QUEUE_ENTRIES;
const AVAILABLE_OFFSET = ENTRIES * abi.DESCRIPTOR_BYTES;
const AVAILABLE_BYTES = abi.RING_HEAD_BYTES + abi.AVAILABLE_ENTRY_BYTES * ENTRIES;
const USED_OFFSET = (AVAILABLE_OFFSET + AVAILABLE_BYTES + abi.RING_TAIL_BYTES + 3) & ~3;
/** One frame has all three areas. */
const FRAME_BYTES = 4096;

export interface ChainQueue {
  readonly number: number;
  readonly frame: number;
  /** Free-running 16-bit indices: offered so far, and taken back so far. */
  offered: number;
  taken: number;
}

/** One buffer: a part of a frame. */
export interface Buffer {
  readonly frame: number;
  readonly lengthBytes: number;
  readonly isWritable: boolean;
}

/** Makes a queue ready in its frame (4.2.3.2). @returns false: the device refuses */
export function setUpChains(kernel: KernelCalls, queue: ChainQueue): boolean {
  const base = FILE_SYSTEM_REGISTERS;
  const store = (register: number, value: number) =>
    virtio.storeRegister(kernel, base, register, value);
  kernel.frameOut(queue.frame, 0, new Uint8Array(FRAME_BYTES), 0, FRAME_BYTES);
  queue.offered = 0;
  queue.taken = 0;
  store(abi.VIRTIO_MMIO_QUEUE_SELECT, queue.number);
  const sizeMax = virtio.loadRegister(kernel, base, abi.VIRTIO_MMIO_QUEUE_SIZE_MAX);
  if (sizeMax < ENTRIES) return false;
  store(abi.VIRTIO_MMIO_QUEUE_SIZE, ENTRIES);
  const address = kernel.physicalAddress(queue.frame);
  const areas = [
    [abi.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, abi.VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH, 0],
    [abi.VIRTIO_MMIO_QUEUE_DRIVER_LOW, abi.VIRTIO_MMIO_QUEUE_DRIVER_HIGH, AVAILABLE_OFFSET],
    [abi.VIRTIO_MMIO_QUEUE_DEVICE_LOW, abi.VIRTIO_MMIO_QUEUE_DEVICE_HIGH, USED_OFFSET],
  ] as const;
  for (const [low, high, offset] of areas) {
    store(low, (address + offset) % 2 ** 32);
    store(high, Math.floor((address + offset) / 2 ** 32));
  }
  store(abi.VIRTIO_MMIO_QUEUE_READY, 1);
  return virtio.loadRegister(kernel, base, abi.VIRTIO_MMIO_QUEUE_READY) === 1;
}

function store16(kernel: KernelCalls, queue: ChainQueue, at: number, value: number): void {
  kernel.frameOut(queue.frame, at, Uint8Array.of(value & 0xff, (value >> 8) & 0xff), 0, 2);
}

/**
 * Offers a slot's chain and tells the device.
 * @param buffers 1 to SLOT_BUFFERS, those that the device reads first
 */
export function offerChain(
  kernel: KernelCalls,
  queue: ChainQueue,
  slot: number,
  buffers: readonly Buffer[],
): void {
  if (buffers.length > SLOT_BUFFERS) throw new Error("virtio-file-system: the chain is too long");
  const first = slot * SLOT_BUFFERS;
  const bytes = new Uint8Array(buffers.length * abi.DESCRIPTOR_BYTES);
  const view = new DataView(bytes.buffer);
  buffers.forEach(({ frame, lengthBytes, isWritable }, index) => {
    const at = index * abi.DESCRIPTOR_BYTES;
    const address = kernel.physicalAddress(frame);
    const next = index + 1 < buffers.length ? abi.DESCRIPTOR_NEXT : 0;
    view.setUint32(at, address % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
    view.setUint32(at + 8, lengthBytes, true);
    view.setUint16(at + 12, next | (isWritable ? abi.DESCRIPTOR_WRITE : 0), true);
    view.setUint16(at + 14, first + index + 1, true);
  });
  kernel.frameOut(queue.frame, first * abi.DESCRIPTOR_BYTES, bytes, 0, bytes.length);
  const entry = abi.RING_HEAD_BYTES + abi.AVAILABLE_ENTRY_BYTES * (queue.offered % ENTRIES);
  store16(kernel, queue, AVAILABLE_OFFSET + entry, first);
  queue.offered = (queue.offered + 1) & 0xffff;
  store16(kernel, queue, AVAILABLE_OFFSET + 2, queue.offered);
  virtio.storeRegister(kernel, FILE_SYSTEM_REGISTERS, abi.VIRTIO_MMIO_QUEUE_NOTIFY, queue.number);
}

/** Asks for an interrupt when the device gives a chain back, or not (2.7.7). */
export function wantInterrupt(kernel: KernelCalls, queue: ChainQueue, wanted: boolean): void {
  store16(kernel, queue, AVAILABLE_OFFSET, wanted ? 0 : abi.AVAILABLE_NO_INTERRUPT);
}

/**
 * The next chain that the device gave back.
 * @returns undefined: none; a slot of -1: the device broke the queue
 */
export function takeChain(kernel: KernelCalls, queue: ChainQueue): virtio.UsedSlot | undefined {
  const bytes = new Uint8Array(abi.USED_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  kernel.frameIn(queue.frame, USED_OFFSET + 2, bytes, 0, 2);
  const waiting = (view.getUint16(0, true) - queue.taken) & 0xffff;
  if (waiting === 0) return undefined;
  const entry = abi.RING_HEAD_BYTES + abi.USED_ENTRY_BYTES * (queue.taken % ENTRIES);
  kernel.frameIn(queue.frame, USED_OFFSET + entry, bytes, 0, abi.USED_ENTRY_BYTES);
  const head = view.getUint32(0, true);
  const outstanding = (queue.offered - queue.taken) & 0xffff;
  const isGood = head % SLOT_BUFFERS === 0 && head < SLOTS * SLOT_BUFFERS;
  if (!isGood || waiting > outstanding) return { slot: -1, writtenBytes: 0 };
  queue.taken = (queue.taken + 1) & 0xffff;
  return { slot: head / SLOT_BUFFERS, writtenBytes: view.getUint32(4, true) };
}
