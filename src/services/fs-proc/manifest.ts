/** What fs-proc may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const procManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-proc",
  kernelCalls: [
    "copyIn",
    "copyOut",
    "attribute",
    "exists",
    "nextTask",
    "nextThread",
    "groupCount",
    "groupAt",
    "readPublished",
    "pendingLow",
    "pendingHigh",
    "signalMaskLow",
    "signalMaskHigh",
    "monotonicNanoseconds",
    "realtimeSeconds",
  ],
  services: { memory: ["usage", "describeMaps"] },
  registers: [],
  interrupts: [],
});
