/** What fs-dev may do: wait, copy, and call terminals, the host's streams and the entropy driver. */
import type { Manifest } from "../../kernel/manifest.js";

export const devManifest: Manifest = Object.freeze({
  service: "fs-dev",
  kernelCalls: Object.freeze([
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
  ] as const),
  services: Object.freeze({
    tty: Object.freeze(["open", "close", "read", "write", "poll", "ioctl"]),
    "virtio-console": Object.freeze(["read", "write", "query", "setOpen"]),
    "virtio-entropy": Object.freeze(["read"]),
  }),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
