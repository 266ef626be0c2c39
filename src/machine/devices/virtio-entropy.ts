/**
 * The entropy device (VIRTIO 1.2, 5.4): fills the buffers of its one queue with the host's random
 * bytes, at once.
 */
import { VIRTIO_ID_ENTROPY } from "../../abi/virtio.js";
import type { GuestMemory } from "./guest-memory.js";
import { ENTROPY_REQUEST_BYTES_MAX, type EntropyHost } from "./host.js";
import { createTransportState, type TransportState, VirtioDevice } from "./virtio-transport.js";
import { writeChain } from "./virtqueue.js";

const REQUEST_QUEUE = 0;
const DESCRIPTION = Object.freeze({
  deviceId: VIRTIO_ID_ENTROPY,
  features: 0,
  queueCount: 1,
  queueSizeMax: 64,
});

export interface EntropyState {
  transport: TransportState;
}

/** The entropy device. */
export class VirtioEntropy extends VirtioDevice {
  override state: EntropyState = { transport: createTransportState() };
  readonly #host: EntropyHost;

  constructor(host: EntropyHost, memory: GuestMemory, setInterrupt: (asserted: boolean) => void) {
    super(DESCRIPTION, memory, setInterrupt);
    this.#host = host;
  }

  /** A request gets at most ENTROPY_REQUEST_BYTES_MAX; the driver sees how many (5.4.6). */
  protected override queueNotified(): void {
    for (;;) {
      const chain = this.nextChain(REQUEST_QUEUE);
      if (!chain) {
        return;
      }
      if (chain.readableBytes > 0 || chain.writableBytes === 0) {
        // No device-readable buffers, and at least one byte to fill (5.4.6.1, 5.4.6.2).
        this.needsReset();
        return;
      }
      const bytes = new Uint8Array(Math.min(chain.writableBytes, ENTROPY_REQUEST_BYTES_MAX));
      this.#host.fill(bytes);
      this.completeChain(REQUEST_QUEUE, chain, writeChain(this.memory, chain, bytes));
    }
  }

  protected override driverReady(): void {
    this.queueNotified();
  }

  protected override resetDevice(): void {}

  protected override configByte(): number {
    return 0;
  }
}
