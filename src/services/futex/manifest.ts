/** What the futex service may do: wait channels, words of the caller, keys from memory. */
import type { Manifest } from "../../kernel/manifest.js";

export const futexManifest: Manifest = Object.freeze({
  service: "futex",
  kernelCalls: Object.freeze([
    "newChannel",
    "block",
    "complete",
    "forced",
    "exists",
    "attribute",
    "setRestarting",
    "storeWord",
    "deadline",
    "setDeadline",
    "slot",
    "setSlot",
    "callId",
    "participate",
    "copyIn",
    "copyOut",
    "monotonicNanoseconds",
  ] as const),
  services: Object.freeze({ memory: Object.freeze(["futexKey", "prepare"]) }),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
