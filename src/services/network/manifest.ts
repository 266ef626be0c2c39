/** What the network service may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const networkManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "network",
  kernelCalls: [
    "newChannel",
    "block",
    "wake",
    "forced",
    "deadline",
    "setDeadline",
    "copyIn",
    "copyOut",
    "attribute",
    "mayHold",
    "hold",
    "postSignal",
    "monotonicNanoseconds",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "charge",
  ],
  services: {},
  registers: [],
  interrupts: [],
});
