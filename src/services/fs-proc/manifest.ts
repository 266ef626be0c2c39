/** What fs-proc may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const procManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-proc",
  kernelCalls: [
    "block",
    "callId",
    "processChannel",
    "copyIn",
    "copyOut",
    "scratch",
    "attribute",
    "setting",
    "setSetting",
    "exists",
    "nextTask",
    "nextThread",
    "groupCount",
    "groupAt",
    "readPublished",
    "publish",
    "setAttribute",
    "systemFigure",
    "randomWord",
    "signalMaskLow",
    "signalMaskHigh",
    "monotonicNanoseconds",
    "realtimeSeconds",
  ],
  services: {
    memory: ["usage", "describeMaps", "describeUse", "describePages", "readSpace"],
    tty: ["foregroundGroup"],
    network: ["describe"],
  },
  registers: [],
  interrupts: [],
});
