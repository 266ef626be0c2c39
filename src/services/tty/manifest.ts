/** What the tty service may do: wait, job control, the caller's bytes; the console's driver. */
import type { Manifest } from "../../kernel/manifest.js";

export const ttyManifest: Manifest = Object.freeze({
  service: "tty",
  kernelCalls: Object.freeze([
    "newChannel",
    "block",
    "wake",
    "forced",
    "deadline",
    "setDeadline",
    "slot",
    "setSlot",
    "copyIn",
    "copyOut",
    "scratch",
    "attribute",
    "setAttribute",
    "exists",
    "nextTask",
    "postSignal",
    "signalMaskLow",
    "ignoresSignal",
    "monotonicNanoseconds",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "setTimer",
  ] as const),
  services: Object.freeze({ "virtio-console": Object.freeze(["write", "read", "query"]) }),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
