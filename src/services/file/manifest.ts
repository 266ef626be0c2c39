/** What the file service may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const fileManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "file",
  kernelCalls: [
    "newChannel",
    "block",
    "wake",
    "waiting",
    "forced",
    "deadline",
    "setDeadline",
    "callId",
    "participate",
    "copyIn",
    "copyOut",
    "scratch",
    "attribute",
    "setAttribute",
    "groupCount",
    "groupAt",
    "publish",
    "postSignal",
    "monotonicNanoseconds",
    "realtimeSeconds",
    "realtimeNanoseconds",
    "charge",
  ],
  services: {
    "fs-tmpfs": "*",
    "fs-dev": "*",
    "fs-proc": "*",
    memory: ["readObject", "retainObject", "releaseObject"],
  },
  registers: [],
  interrupts: [],
});
