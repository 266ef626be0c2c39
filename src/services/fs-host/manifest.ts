/** What fs-host may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const hostManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-host",
  kernelCalls: ["callId", "charge", "copyIn", "copyOut", "copyWordsOut", "participate", "scratch"],
  services: {
    "virtio-file-system": ["exchange", "post"],
    memory: ["createObject", "releaseObject", "truncateObject", "writeObject"],
  },
  registers: [],
  interrupts: [],
});
