/**
 * What the memory service may do: frames, mappings, copies of the caller's ranges; no other
 * service.
 */
import type { Manifest } from "../../kernel/manifest.js";

export const memoryManifest: Manifest = Object.freeze({
  service: "memory",
  kernelCalls: Object.freeze([
    "callId",
    "participate",
    "started",
    "copyIn",
    "copyOut",
    "clearOut",
    "allocateFrame",
    "retainFrame",
    "releaseFrame",
    "frameReferences",
    "copyFrame",
    "clearFrame",
    "frameIn",
    "frameOut",
    "copyFrameToTask",
    "copyTaskToFrame",
    "framesFree",
    "framesTotal",
    "createSpace",
    "destroySpace",
    "map",
    "unmap",
    "protect",
    "mapping",
    "shareMappings",
    "moveMappings",
    "residentPages",
    "attribute",
    "setAttribute",
    "exists",
    "setSpace",
    "randomWord",
  ] as const),
  services: Object.freeze({}),
  registers: Object.freeze([]),
  interrupts: Object.freeze([]),
});
