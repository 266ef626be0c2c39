/** What the file system driver may do: its registers, its interrupt, frames of its own. */
import {
  VIRTIO_BASE,
  VIRTIO_BYTES,
  VIRTIO_INTERRUPT,
  VIRTIO_SLOT_FILE_SYSTEM,
  VIRTIO_STRIDE,
} from "../../../abi/board.js";
import type { Manifest } from "../../../kernel/manifest.js";

/** First register of the device. */
export const FILE_SYSTEM_REGISTERS = VIRTIO_BASE + VIRTIO_SLOT_FILE_SYSTEM * VIRTIO_STRIDE;
export const FILE_SYSTEM_INTERRUPT = VIRTIO_INTERRUPT + VIRTIO_SLOT_FILE_SYSTEM;

export const manifest: Manifest = Object.freeze({
  service: "virtio-file-system",
  kernelCalls: [
    "allocateFrame",
    "attachInterrupt",
    "block",
    "busLoad",
    "busStore",
    "callId",
    "completeInterrupt",
    "copyFrameToTask",
    "copyTaskToFrame",
    "forced",
    "frameIn",
    "frameOut",
    "newChannel",
    "participate",
    "physicalAddress",
    "releaseFrame",
    "wake",
  ],
  services: {},
  registers: [[FILE_SYSTEM_REGISTERS, VIRTIO_BYTES]],
  interrupts: [FILE_SYSTEM_INTERRUPT],
} as const);
