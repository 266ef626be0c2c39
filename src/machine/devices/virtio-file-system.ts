/**
 * The file system device (VIRTIO 1.2, 5.11): carries FUSE requests of the driver to the host and
 * its replies back. It does not look into them. A reply may come at once, or later and in any
 * order; what waits is in the state.
 */
import * as virtio from "../../abi/virtio.js";
import type { GuestMemory } from "./guest-memory.js";
import { FOLDER_REQUEST_BYTES_MAX, type FolderHost, type FolderPort } from "./host.js";
import { createTransportState, type TransportState, VirtioDevice } from "./virtio-transport.js";
import { type ChainRange, readChain, writeChain } from "./virtqueue.js";

const DESCRIPTION = Object.freeze({
  deviceId: virtio.VIRTIO_ID_FILE_SYSTEM,
  features: 0,
  queueCount: 2,
  queueSizeMax: virtio.FILE_SYSTEM_QUEUE_ENTRIES,
});
const TAG = "host";

/** A request that the host has not answered yet. */
interface Waiting {
  readonly queue: number;
  readonly head: number;
  readonly writable: readonly ChainRange[];
}

export interface FileSystemDeviceState {
  transport: TransportState;
  nextToken: number;
  /** By token. */
  readonly waiting: Map<number, Waiting>;
}

/** The device. Without a host it gives up at the first request. */
export class VirtioFileSystem extends VirtioDevice implements FolderPort {
  override state: FileSystemDeviceState = {
    transport: createTransportState(),
    nextToken: 1,
    waiting: new Map(),
  };
  readonly #host: FolderHost | undefined;

  constructor(
    host: FolderHost | undefined,
    memory: GuestMemory,
    setInterrupt: (asserted: boolean) => void,
  ) {
    super(DESCRIPTION, memory, setInterrupt);
    this.#host = host;
  }

  reply(token: number, bytes: Uint8Array): void {
    const waiting = this.state.waiting.get(token);
    if (waiting === undefined) return;
    this.state.waiting.delete(token);
    if (!this.operating) return;
    const written = writeChain(this.memory, waiting, bytes);
    this.giveBack(waiting.queue, waiting.head, written);
  }

  protected override queueNotified(queue: number): void {
    for (;;) {
      const chain = this.nextChain(queue);
      if (!chain) return;
      const isGood = chain.readableBytes > 0 && chain.readableBytes <= FOLDER_REQUEST_BYTES_MAX;
      if (!isGood || this.#host === undefined) {
        this.needsReset();
        return;
      }
      this.takeChain(queue);
      const request = readChain(this.memory, chain, chain.readableBytes);
      const token = this.state.nextToken++;
      const reply = this.#host.request(token, request, chain.writableBytes);
      if (reply !== undefined || chain.writableBytes === 0) {
        const written = reply === undefined ? 0 : writeChain(this.memory, chain, reply);
        this.giveBack(queue, chain.head, written);
      } else {
        const { head, writable } = chain;
        this.state.waiting.set(token, { queue, head, writable });
      }
    }
  }

  protected override driverReady(): void {
    this.queueNotified(virtio.FILE_SYSTEM_QUEUE_URGENT);
    this.queueNotified(virtio.FILE_SYSTEM_QUEUE_REQUESTS);
  }

  protected override resetDevice(): void {
    this.state.waiting.clear();
  }

  protected override configByte(offset: number): number {
    if (offset < TAG.length) return TAG.charCodeAt(offset);
    return offset === virtio.FILE_SYSTEM_CONFIG_QUEUES ? 1 : 0;
  }
}
