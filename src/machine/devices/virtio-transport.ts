/**
 * The MMIO transport of VIRTIO 1.2 (4.2), version 2: identification, feature negotiation, queue
 * set-up, notifications, interrupt and status. A kind of device extends it (virtio-console.ts,
 * virtio-entropy.ts); its queues are virtqueue.ts.
 *
 * Whatever the driver does wrong ends in DEVICE_NEEDS_RESET, in a bit that stays clear, or in a
 * write that has no effect; nothing here throws.
 */
import * as virtio from "../../abi/virtio.js";
import { type AccessBytes, BUS_ERROR, type BusDevice } from "../bus.js";
import type { GuestMemory } from "./guest-memory.js";
import * as virtqueue from "./virtqueue.js";

/** "SIXF": who made the device. */
const VENDOR_ID = 0x4658_4953;
/** The bits that the driver sets; DEVICE_NEEDS_RESET is the device's (2.1). */
const STATUS_OF_DRIVER =
  virtio.STATUS_ACKNOWLEDGE |
  virtio.STATUS_DRIVER |
  virtio.STATUS_FEATURES_OK |
  virtio.STATUS_DRIVER_OK |
  virtio.STATUS_FAILED;

export interface TransportState {
  status: number;
  interruptStatus: number;
  configGeneration: number;
  deviceFeaturesSelect: number;
  driverFeaturesSelect: number;
  /** Features 0 to 31 and 32 to 63 that the driver accepted. */
  driverFeatures: [number, number];
  queueSelect: number;
  /** By number; the others are as after a reset. */
  queues: Map<number, virtqueue.Virtqueue>;
}

/** What a kind of device is, besides what it does. */
export interface VirtioDescription {
  readonly deviceId: number;
  /** Features 0 to 31 that it offers; of 32 to 63 it offers VIRTIO_F_VERSION_1. */
  readonly features: number;
  readonly queueCount: number;
  /** The largest size of each queue, a power of two. */
  readonly queueSizeMax: number;
}

/** The state after a reset. */
export function createTransportState(): TransportState {
  return {
    status: 0,
    interruptStatus: 0,
    configGeneration: 0,
    deviceFeaturesSelect: 0,
    driverFeaturesSelect: 0,
    driverFeatures: [0, 0],
    queueSelect: 0,
    queues: new Map(),
  };
}

/** The address words of a queue, by register (4.2.2). */
const QUEUE_ADDRESS_FIELDS = Object.freeze({
  [virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW]: "descriptorsLow",
  [virtio.VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH]: "descriptorsHigh",
  [virtio.VIRTIO_MMIO_QUEUE_DRIVER_LOW]: "driverLow",
  [virtio.VIRTIO_MMIO_QUEUE_DRIVER_HIGH]: "driverHigh",
  [virtio.VIRTIO_MMIO_QUEUE_DEVICE_LOW]: "deviceLow",
  [virtio.VIRTIO_MMIO_QUEUE_DEVICE_HIGH]: "deviceHigh",
} as const);

type QueueAddressRegister = keyof typeof QUEUE_ADDRESS_FIELDS;

function isQueueAddress(offset: number): offset is QueueAddressRegister {
  return offset in QUEUE_ADDRESS_FIELDS;
}

/** The transport's half of a device; the kind of device is the abstract half. */
export abstract class VirtioDevice implements BusDevice {
  abstract state: { transport: TransportState };
  protected readonly memory: GuestMemory;
  readonly #description: VirtioDescription;
  readonly #setInterrupt: (asserted: boolean) => void;

  /** @param setInterrupt drives the wire to the interrupt controller */
  constructor(
    description: VirtioDescription,
    memory: GuestMemory,
    setInterrupt: (asserted: boolean) => void,
  ) {
    this.#description = description;
    this.memory = memory;
    this.#setInterrupt = setInterrupt;
  }

  /** The driver made chains of a queue available; called only while `operating`. */
  protected abstract queueNotified(queue: number): void;
  /** The driver has set DRIVER_OK: what waited for it may go on. */
  protected abstract driverReady(): void;
  /** The driver has reset the device: forget all that it had told. */
  protected abstract resetDevice(): void;
  /** One byte of the configuration space, or 0 behind its end. */
  protected abstract configByte(offset: number): number;

  /** Whether queues may be used: DRIVER_OK, and neither side has given up. */
  protected get operating(): boolean {
    const { status } = this.state.transport;
    const wanted = virtio.STATUS_DRIVER_OK;
    return (status & (wanted | virtio.STATUS_NEEDS_RESET | virtio.STATUS_FAILED)) === wanted;
  }

  /** Whether features of the first word were negotiated. */
  protected negotiated(features: number): boolean {
    const { status, driverFeatures } = this.state.transport;
    return (
      (status & virtio.STATUS_FEATURES_OK) !== 0 && (driverFeatures[0] & features) === features
    );
  }

  /** A queue that the driver has touched; undefined: as after a reset, so not ready. */
  protected queue(index: number): virtqueue.Virtqueue | undefined {
    return this.state.transport.queues.get(index);
  }

  /** The selected queue, to be changed; undefined: the device has no such queue. */
  #selected(): virtqueue.Virtqueue | undefined {
    const { queues, queueSelect } = this.state.transport;
    let queue = queues.get(queueSelect);
    if (!queue && queueSelect < this.#description.queueCount) {
      queue = virtqueue.createVirtqueue(this.#description.queueSizeMax);
      queues.set(queueSelect, queue);
    }
    return queue;
  }

  /** The next chain of a queue, if there is one and it is well-formed; else the device may fail. */
  protected nextChain(index: number): virtqueue.Chain | undefined {
    if (!this.operating) {
      return undefined;
    }
    const queue = this.queue(index);
    const chain = queue ? virtqueue.peek(queue, this.memory) : virtqueue.EMPTY;
    if (chain === virtqueue.MALFORMED) {
      this.needsReset();
      return undefined;
    }
    return chain === virtqueue.EMPTY ? undefined : chain;
  }

  /** Returns the chain of `nextChain` to the driver, with an interrupt if it wants one. */
  protected completeChain(index: number, chain: virtqueue.Chain, writtenBytes: number): void {
    const queue = this.queue(index);
    if (queue && virtqueue.complete(queue, this.memory, chain, writtenBytes)) {
      this.#raise(virtio.INTERRUPT_USED_BUFFER);
    }
  }

  /** The chain of `nextChain` is the device's until `giveBack`; the next one may be looked at. */
  protected takeChain(index: number): void {
    const queue = this.queue(index);
    if (queue) virtqueue.take(queue);
  }

  /** Returns a chain that was taken, by its head. */
  protected giveBack(index: number, head: number, writtenBytes: number): void {
    const queue = this.queue(index);
    if (queue && virtqueue.giveBack(queue, this.memory, head, writtenBytes)) {
      this.#raise(virtio.INTERRUPT_USED_BUFFER);
    }
  }

  /** The configuration space has changed (2.5.2, 4.2.2.1). */
  protected configChanged(): void {
    const { transport } = this.state;
    transport.configGeneration = (transport.configGeneration + 1) >>> 0;
    if ((transport.status & virtio.STATUS_DRIVER_OK) !== 0) {
      this.#raise(virtio.INTERRUPT_CONFIG_CHANGE);
    }
  }

  /** The driver broke a rule: nothing goes on until it resets the device (2.1.2). */
  protected needsReset(): void {
    const { transport } = this.state;
    transport.status |= virtio.STATUS_NEEDS_RESET;
    if ((transport.status & virtio.STATUS_DRIVER_OK) !== 0) {
      this.#raise(virtio.INTERRUPT_CONFIG_CHANGE);
    }
  }

  load(offset: number, sizeBytes: AccessBytes): number {
    if (offset >= virtio.VIRTIO_MMIO_CONFIG) {
      return this.#loadConfig(offset - virtio.VIRTIO_MMIO_CONFIG, sizeBytes);
    }
    // Only aligned 32-bit accesses below the configuration space (4.2.2.2).
    return sizeBytes === 4 ? this.#loadRegister(offset) : BUS_ERROR;
  }

  store(offset: number, sizeBytes: AccessBytes, value: number): number {
    if (offset >= virtio.VIRTIO_MMIO_CONFIG) {
      // No configuration field of our devices can be written.
      return 0;
    }
    if (sizeBytes !== 4) {
      return BUS_ERROR;
    }
    if (!this.#storeQueueRegister(offset, value)) {
      this.#storeRegister(offset, value);
    }
    return 0;
  }

  #loadConfig(offset: number, sizeBytes: AccessBytes): number {
    let value = 0;
    for (let index = sizeBytes - 1; index >= 0; index--) {
      value = value * 256 + this.configByte(offset + index);
    }
    return value;
  }

  #loadRegister(offset: number): number {
    const { transport } = this.state;
    const { queueCount, queueSizeMax } = this.#description;
    switch (offset) {
      case virtio.VIRTIO_MMIO_MAGIC:
        return virtio.VIRTIO_MAGIC;
      case virtio.VIRTIO_MMIO_VERSION:
        return virtio.VIRTIO_VERSION;
      case virtio.VIRTIO_MMIO_DEVICE_ID:
        return this.#description.deviceId;
      case virtio.VIRTIO_MMIO_VENDOR_ID:
        return VENDOR_ID;
      case virtio.VIRTIO_MMIO_DEVICE_FEATURES:
        return this.#offered(transport.deviceFeaturesSelect);
      case virtio.VIRTIO_MMIO_QUEUE_SIZE_MAX:
        return transport.queueSelect < queueCount ? queueSizeMax : 0;
      case virtio.VIRTIO_MMIO_QUEUE_READY:
        return this.queue(transport.queueSelect)?.ready ? 1 : 0;
      case virtio.VIRTIO_MMIO_INTERRUPT_STATUS:
        return transport.interruptStatus;
      case virtio.VIRTIO_MMIO_STATUS:
        return transport.status;
      case virtio.VIRTIO_MMIO_SHARED_MEMORY_LENGTH_LOW:
      case virtio.VIRTIO_MMIO_SHARED_MEMORY_LENGTH_HIGH:
      case virtio.VIRTIO_MMIO_SHARED_MEMORY_BASE_LOW:
      case virtio.VIRTIO_MMIO_SHARED_MEMORY_BASE_HIGH:
        // A region that does not exist has length and base -1 (4.2.2).
        return 0xffff_ffff;
      case virtio.VIRTIO_MMIO_CONFIG_GENERATION:
        return transport.configGeneration;
      default:
        return 0;
    }
  }

  #offered(word: number): number {
    if (word === virtio.FEATURE_WORD_VERSION) {
      return virtio.FEATURE_VERSION_1;
    }
    return word === 0 ? this.#description.features : 0;
  }

  #storeRegister(offset: number, value: number): void {
    const { transport } = this.state;
    switch (offset) {
      case virtio.VIRTIO_MMIO_DEVICE_FEATURES_SELECT:
        transport.deviceFeaturesSelect = value;
        break;
      case virtio.VIRTIO_MMIO_DRIVER_FEATURES_SELECT:
        transport.driverFeaturesSelect = value;
        break;
      case virtio.VIRTIO_MMIO_DRIVER_FEATURES:
        this.#storeDriverFeatures(value);
        break;
      case virtio.VIRTIO_MMIO_QUEUE_SELECT:
        transport.queueSelect = value;
        break;
      case virtio.VIRTIO_MMIO_QUEUE_NOTIFY:
        if (this.operating && value < this.#description.queueCount) {
          this.queueNotified(value);
        }
        break;
      case virtio.VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE:
        transport.interruptStatus &= ~value;
        this.#updateInterrupt();
        break;
      case virtio.VIRTIO_MMIO_STATUS:
        this.#storeStatus(value);
        break;
    }
  }

  /** After FEATURES_OK the choice stands (3.1.1). There are no features above 63. */
  #storeDriverFeatures(value: number): void {
    const { transport } = this.state;
    const word = transport.driverFeaturesSelect;
    if ((transport.status & virtio.STATUS_FEATURES_OK) === 0 && (word === 0 || word === 1)) {
      transport.driverFeatures[word] = value;
    }
  }

  /** Registers of the selected queue; those of a ready queue do not change (4.2.2.2). */
  #storeQueueRegister(offset: number, value: number): boolean {
    const isQueueRegister =
      offset === virtio.VIRTIO_MMIO_QUEUE_READY ||
      offset === virtio.VIRTIO_MMIO_QUEUE_SIZE ||
      isQueueAddress(offset);
    const queue = isQueueRegister ? this.#selected() : undefined;
    if (offset === virtio.VIRTIO_MMIO_QUEUE_READY) {
      if (queue) {
        this.#storeQueueReady(queue, value);
      }
      return true;
    }
    if (offset === virtio.VIRTIO_MMIO_QUEUE_SIZE) {
      if (queue && !queue.ready) {
        queue.size = value;
      }
      return true;
    }
    if (isQueueAddress(offset)) {
      if (queue && !queue.ready) {
        queue[QUEUE_ADDRESS_FIELDS[offset]] = value;
      }
      return true;
    }
    return false;
  }

  #storeQueueReady(queue: virtqueue.Virtqueue, value: number): void {
    if ((value & 1) === 0) {
      queue.ready = false;
    } else if (!queue.ready && virtqueue.isValidSetup(queue, this.memory)) {
      queue.ready = true;
      queue.nextAvailable = 0;
      queue.nextUsed = 0;
      queue.progressBytes = 0;
    } else if (!queue.ready) {
      this.needsReset();
    }
  }

  /** The driver sets bits one after the other; writing 0 resets (2.1.1, 3.1.1). */
  #storeStatus(value: number): void {
    const { transport } = this.state;
    if (value === 0) {
      this.#reset();
      return;
    }
    const before = transport.status;
    let status = before | (value & STATUS_OF_DRIVER);
    if ((before & virtio.STATUS_FEATURES_OK) === 0 && !this.#acceptsFeatures()) {
      status &= ~virtio.STATUS_FEATURES_OK;
    }
    if ((status & virtio.STATUS_FEATURES_OK) === 0) {
      status &= ~virtio.STATUS_DRIVER_OK;
    }
    transport.status = status;
    if ((before & virtio.STATUS_DRIVER_OK) === 0 && this.operating) {
      this.driverReady();
    }
  }

  /** A driver must accept VERSION_1 and nothing that was not offered (6.1, 2.2.2). */
  #acceptsFeatures(): boolean {
    const [low, high] = this.state.transport.driverFeatures;
    return (low & ~this.#offered(0)) === 0 && high === virtio.FEATURE_VERSION_1;
  }

  #reset(): void {
    const generation = this.state.transport.configGeneration;
    this.state.transport = createTransportState();
    this.state.transport.configGeneration = generation;
    this.#updateInterrupt();
    this.resetDevice();
  }

  #raise(cause: number): void {
    this.state.transport.interruptStatus |= cause;
    this.#updateInterrupt();
  }

  #updateInterrupt(): void {
    this.#setInterrupt(this.state.transport.interruptStatus !== 0);
  }
}
