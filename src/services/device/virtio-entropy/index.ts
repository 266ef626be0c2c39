/**
 * Driver of the virtio entropy device (VIRTIO 1.2, 5.4): random bytes on request. The device
 * answers within the notification, so a request never waits.
 *
 * Layers: ../virtio.ts sets up and moves slots; this file is one queue with one buffer.
 */
import { EINVAL, EIO } from "../../../abi/errno.js";
import { VIRTIO_ID_ENTROPY } from "../../../abi/virtio.js";
import { EVENT_INTERRUPT, type KernelCalls, type TaskId } from "../../../kernel/calls.js";
import type { Result } from "../../../kernel/protocol.js";
import type { EntropyDriver } from "../protocol.js";
import * as virtio from "../virtio.js";
import { ENTROPY_INTERRUPT, ENTROPY_REGISTERS } from "./manifest.js";

const BUFFER_BYTES = 4096;

export interface EntropyDriverState {
  /** No device, no frames, or a device that broke its queue: every request gets EIO. */
  failed: boolean;
  queue: virtio.DriverQueue;
  bufferFrame: number;
}

/** The driver; the device is set up when it is made. */
export class VirtioEntropyDriver implements EntropyDriver {
  readonly state: EntropyDriverState;

  constructor(
    private readonly kernel: KernelCalls,
    _services: object,
    _options: object,
  ) {
    const queueFrame = kernel.allocateFrame(1);
    const bufferFrame = kernel.allocateFrame(1);
    this.state = { failed: false, queue: virtio.createQueue(0, queueFrame, 0), bufferFrame };
    this.state.failed = queueFrame < 0 || bufferFrame < 0 || !this.start();
  }

  event(_caller: TaskId, kind: number, word0: number): Result {
    if (kind !== EVENT_INTERRUPT || word0 !== ENTROPY_INTERRUPT) return -EINVAL;
    virtio.acknowledge(this.kernel, ENTROPY_REGISTERS);
    this.state.failed ||= virtio.needsReset(this.kernel, ENTROPY_REGISTERS);
    return this.kernel.completeInterrupt(ENTROPY_INTERRUPT);
  }

  read(caller: TaskId, buffer: number, lengthBytes: number): Result {
    for (let done = 0; done < lengthBytes; ) {
      const filled = this.request(Math.min(lengthBytes - done, BUFFER_BYTES));
      if (filled < 0) return filled;
      const { bufferFrame } = this.state;
      const copied = this.kernel.copyFrameToTask(caller, buffer + done, bufferFrame, 0, filled);
      if (copied < 0) return copied;
      done += filled;
    }
    return lengthBytes;
  }

  private start(): boolean {
    const { kernel } = this;
    if (kernel.attachInterrupt(ENTROPY_INTERRUPT) < 0) return false;
    if (!virtio.negotiate(kernel, ENTROPY_REGISTERS, VIRTIO_ID_ENTROPY, 0)) return false;
    if (!virtio.setUpQueue(kernel, ENTROPY_REGISTERS, this.state.queue)) return false;
    virtio.wantInterrupt(kernel, this.state.queue, false);
    virtio.setDriverOk(kernel, ENTROPY_REGISTERS);
    return true;
  }

  /** Fills the buffer frame from its start. @returns how many bytes, at least 1, or -EIO */
  private request(lengthBytes: number): Result {
    const { state, kernel } = this;
    if (state.failed) return -EIO;
    const buffer = { frame: state.bufferFrame, offset: 0, lengthBytes };
    virtio.offer(kernel, state.queue, 0, buffer, true);
    virtio.notify(kernel, ENTROPY_REGISTERS, state.queue);
    const used = virtio.takeUsed(kernel, state.queue);
    if (used?.slot === 0 && used.writtenBytes > 0 && used.writtenBytes <= lengthBytes) {
      return used.writtenBytes;
    }
    state.failed = true;
    return -EIO;
  }
}
