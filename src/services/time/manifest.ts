/** What the time service may do: clocks, timers, wait channels, SIGALRM and its kin; no service. */
import type { Manifest } from "../../kernel/manifest.js";

export const timeManifest: Manifest = Object.freeze({
  service: "time",
  kernelCalls: Object.freeze([
    "newChannel",
    "block",
    "wake",
    "forced",
    "deadline",
    "setDeadline",
    "slot",
    "setSlot",
    "participate",
    "copyIn",
    "copyOut",
    "clearOut",
    "storeWord",
    "attribute",
    "exists",
    "nextTask",
    "postSignal",
    "monotonicNanoseconds",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "setRealtime",
    "setTimer",
    "cancelTimer",
  ] as const),
  services: Object.freeze({}),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
