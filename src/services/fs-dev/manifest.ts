/** What fs-dev may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const devManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-dev",
  kernelCalls: [
    "newChannel",
    "block",
    "wake",
    "forced",
    "copyIn",
    "copyOut",
    "clearOut",
    "attribute",
    "postSignal",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "randomWord",
  ],
  services: {
    tty: ["open", "openConsole", "openMaster", "close", "read", "write", "poll", "ioctl"],
    "virtio-console": ["read", "write", "query", "setOpen"],
    "virtio-entropy": ["read"],
  },
  registers: [],
  interrupts: [],
});
