/**
 * A minimal virtio driver for the tests beside it: it sets a device up through its registers and
 * keeps split virtqueues in a RAM of its own, as a guest would. It also lets a test write any
 * descriptor, well-formed or not.
 */
import * as virtio from "../../abi/virtio.js";
import type { AccessBytes, BusDevice } from "../bus.js";
import { RAM_BASE } from "../platform.js";
import { type GuestMemory, load16, load32, store16, store32 } from "./guest-memory.js";

/** RAM of `pages` pages that counts the frames whose code was invalidated. */
export function testMemory(pages: number): GuestMemory & { invalidated: number[] } {
  const invalidated: number[] = [];
  return {
    ram: new Uint8Array(pages * 4096),
    codeFrames: new Uint8Array(pages),
    invalidateCode: (frame) => void invalidated.push(frame),
    invalidated,
  };
}

export interface TestBuffer {
  /** Offset in RAM. */
  readonly offset: number;
  readonly lengthBytes: number;
  readonly writable?: boolean;
}

export interface UsedEntry {
  readonly head: number;
  readonly writtenBytes: number;
}

/** Offsets of a queue's areas in RAM: each queue has a page of its own. */
function layout(queue: number) {
  const page = (queue + 1) * 4096;
  return { descriptors: page, available: page + 2048, used: page + 3072 };
}

/** The driver of one device; queue q has page q + 1 of RAM. */
export class TestDriver {
  /** Entries of every queue. */
  readonly size = 16;
  readonly #usedSeen = new Map<number, number>();
  readonly #nextDescriptor = new Map<number, number>();

  constructor(
    readonly device: BusDevice,
    readonly memory: GuestMemory,
  ) {}

  read(offset: number, sizeBytes: AccessBytes = 4): number {
    return this.device.load(offset, sizeBytes);
  }

  write(offset: number, value: number, sizeBytes: AccessBytes = 4): number {
    return this.device.store(offset, sizeBytes, value);
  }

  get status(): number {
    return this.read(virtio.VIRTIO_MMIO_STATUS);
  }

  /** Reset to FEATURES_OK (3.1.1, steps 1 to 6). @returns the status then read back */
  negotiate(featuresLow: number, featuresHigh: number = virtio.FEATURE_VERSION_1): number {
    let status = virtio.STATUS_ACKNOWLEDGE | virtio.STATUS_DRIVER;
    this.write(virtio.VIRTIO_MMIO_STATUS, 0);
    this.write(virtio.VIRTIO_MMIO_STATUS, status);
    for (const [word, features] of [featuresLow, featuresHigh].entries()) {
      this.write(virtio.VIRTIO_MMIO_DRIVER_FEATURES_SELECT, word);
      this.write(virtio.VIRTIO_MMIO_DRIVER_FEATURES, features);
    }
    status |= virtio.STATUS_FEATURES_OK;
    this.write(virtio.VIRTIO_MMIO_STATUS, status);
    return this.status;
  }

  /** Step 7: gives a queue its areas and makes it ready. */
  setupQueue(queue: number): void {
    const { descriptors, available, used } = layout(queue);
    this.memory.ram.fill(0, descriptors, descriptors + 4096);
    this.#usedSeen.set(queue, 0);
    this.#nextDescriptor.set(queue, 0);
    this.write(virtio.VIRTIO_MMIO_QUEUE_SELECT, queue);
    this.write(virtio.VIRTIO_MMIO_QUEUE_SIZE, this.size);
    this.write(virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW, RAM_BASE + descriptors);
    this.write(virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW, RAM_BASE + available);
    this.write(virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW, RAM_BASE + used);
    this.write(virtio.VIRTIO_MMIO_QUEUE_READY, 1);
  }

  /** All of set-up, to DRIVER_OK. */
  start(featuresLow: number, queues: readonly number[]): void {
    const status = this.negotiate(featuresLow);
    for (const queue of queues) {
      this.setupQueue(queue);
    }
    this.write(virtio.VIRTIO_MMIO_STATUS, status | virtio.STATUS_DRIVER_OK);
  }

  descriptor(queue: number, index: number, low: number, high: number, lengthBytes: number): void {
    const at = layout(queue).descriptors + index * virtio.DESCRIPTOR_BYTES;
    store32(this.memory, at, low);
    store32(this.memory, at + 4, high);
    store32(this.memory, at + 8, lengthBytes);
  }

  link(queue: number, index: number, flags: number, next: number): void {
    const at = layout(queue).descriptors + index * virtio.DESCRIPTOR_BYTES;
    store16(this.memory, at + 12, flags);
    store16(this.memory, at + 14, next);
  }

  /** Puts a head in the available ring. */
  publish(queue: number, head: number): void {
    const { available } = layout(queue);
    const index = load16(this.memory, available + 2);
    store16(this.memory, available + 4 + 2 * (index % this.size), head);
    store16(this.memory, available + 2, index + 1);
  }

  setAvailableIndex(queue: number, index: number): void {
    store16(this.memory, layout(queue).available + 2, index);
  }

  setAvailableFlags(queue: number, flags: number): void {
    store16(this.memory, layout(queue).available, flags);
  }

  notify(queue: number): void {
    this.write(virtio.VIRTIO_MMIO_QUEUE_NOTIFY, queue);
  }

  /** Makes a well-formed chain available and notifies. @returns its head */
  offer(queue: number, ...buffers: readonly TestBuffer[]): number {
    const first = this.#nextDescriptor.get(queue) ?? 0;
    for (const [position, buffer] of buffers.entries()) {
      const index = (first + position) % this.size;
      const last = position === buffers.length - 1;
      this.descriptor(queue, index, RAM_BASE + buffer.offset, 0, buffer.lengthBytes);
      const flags = (buffer.writable ? virtio.DESCRIPTOR_WRITE : 0) | (last ? 0 : 1);
      this.link(queue, index, flags, (index + 1) % this.size);
    }
    this.#nextDescriptor.set(queue, (first + buffers.length) % this.size);
    this.publish(queue, first);
    this.notify(queue);
    return first;
  }

  /** The chains that came back since the last call. */
  used(queue: number): UsedEntry[] {
    const { used } = layout(queue);
    const entries: UsedEntry[] = [];
    const published = load16(this.memory, used + 2);
    let seen = this.#usedSeen.get(queue) ?? 0;
    for (; seen !== published; seen = (seen + 1) & 0xffff) {
      const at = used + 4 + 8 * (seen % this.size);
      entries.push({ head: load32(this.memory, at), writtenBytes: load32(this.memory, at + 4) });
    }
    this.#usedSeen.set(queue, seen);
    return entries;
  }

  /** The interrupt status, which is then acknowledged. */
  acknowledge(): number {
    const status = this.read(virtio.VIRTIO_MMIO_INTERRUPT_STATUS);
    this.write(virtio.VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE, status);
    return status;
  }
}
