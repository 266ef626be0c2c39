/** What fs-pts may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const ptsManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-pts",
  kernelCalls: ["copyIn", "copyOut", "realtimeSeconds", "realtimeNanoseconds"],
  services: {
    tty: [
      "open",
      "openMaster",
      "close",
      "read",
      "write",
      "poll",
      "ioctl",
      "nextSlave",
      "slaveAttribute",
      "setSlaveAttribute",
    ],
  },
  registers: [],
  interrupts: [],
});
