/** What the scheduler service may do: read nice values and the clock, set priorities. */
import type { Manifest } from "../../kernel/manifest.js";

export const schedulerManifest: Manifest = Object.freeze({
  service: "scheduler",
  kernelCalls: Object.freeze([
    "attribute",
    "exists",
    "setPriority",
    "monotonicNanoseconds",
  ] as const),
  services: Object.freeze({}),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
