/** What the entropy driver may do: its registers, its interrupt, two frames of its own. */
import {
  VIRTIO_BASE,
  VIRTIO_BYTES,
  VIRTIO_INTERRUPT,
  VIRTIO_SLOT_ENTROPY,
  VIRTIO_STRIDE,
} from "../../../abi/board.js";
import type { Manifest } from "../../../kernel/manifest.js";

/** First register of the device. */
export const ENTROPY_REGISTERS = VIRTIO_BASE + VIRTIO_SLOT_ENTROPY * VIRTIO_STRIDE;
export const ENTROPY_INTERRUPT = VIRTIO_INTERRUPT + VIRTIO_SLOT_ENTROPY;

export const manifest: Manifest = Object.freeze({
  service: "virtio-entropy",
  kernelCalls: [
    "allocateFrame",
    "attachInterrupt",
    "busLoad",
    "busStore",
    "completeInterrupt",
    "copyFrameToTask",
    "copyOut",
    "frameIn",
    "frameOut",
    "physicalAddress",
  ],
  services: {},
  registers: [[ENTROPY_REGISTERS, VIRTIO_BYTES]],
  interrupts: [ENTROPY_INTERRUPT],
} as const);
