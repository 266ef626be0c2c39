/** What the console driver may do: its registers, its interrupt, frames of its own. */
import {
  VIRTIO_BASE,
  VIRTIO_BYTES,
  VIRTIO_INTERRUPT,
  VIRTIO_SLOT_CONSOLE,
  VIRTIO_STRIDE,
} from "../../../abi/board.js";
import type { Manifest } from "../../../kernel/manifest.js";

/** First register of the device. */
export const CONSOLE_REGISTERS = VIRTIO_BASE + VIRTIO_SLOT_CONSOLE * VIRTIO_STRIDE;
export const CONSOLE_INTERRUPT = VIRTIO_INTERRUPT + VIRTIO_SLOT_CONSOLE;

export const manifest: Manifest = Object.freeze({
  service: "virtio-console",
  kernelCalls: [
    "allocateFrame",
    "attachInterrupt",
    "busLoad",
    "busStore",
    "completeInterrupt",
    "copyFrameToTask",
    "copyIn",
    "copyOut",
    "copyTaskToFrame",
    "frameIn",
    "frameOut",
    "physicalAddress",
    "postEvent",
    "releaseFrame",
  ],
  services: {},
  registers: [[CONSOLE_REGISTERS, VIRTIO_BYTES]],
  interrupts: [CONSOLE_INTERRUPT],
} as const);
