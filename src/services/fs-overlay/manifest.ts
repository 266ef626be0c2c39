/** What fs-overlay may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const overlayManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-overlay",
  kernelCalls: [
    "callId",
    "charge",
    "copyIn",
    "copyOut",
    "participate",
    "realtimeNanoseconds",
    "realtimeSeconds",
    "scratch",
  ],
  services: { "fs-host": "*", "fs-tmpfs": "*" },
  registers: [],
  interrupts: [],
});
