/** What the events service may do: timers, wait channels, the caller's signals; no service. */
import type { Manifest } from "../../kernel/manifest.js";

export const eventsManifest: Manifest = Object.freeze({
  service: "events",
  kernelCalls: Object.freeze([
    "newChannel",
    "block",
    "wake",
    "forced",
    "processChannel",
    "copyIn",
    "copyOut",
    "attribute",
    "exists",
    "takeSignalOf",
    "signalWord",
    "pendingLow",
    "pendingHigh",
    "monotonicNanoseconds",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "setTimer",
    "cancelTimer",
  ] as const),
  services: Object.freeze({}),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
