/** What tmpfs may do. */
import type { Manifest } from "../../kernel/manifest.js";

export const tmpfsManifest: Readonly<Manifest> = Object.freeze<Manifest>({
  service: "fs-tmpfs",
  kernelCalls: [
    "attribute",
    "copyIn",
    "copyOut",
    "copyWordsOut",
    "fileFramesLeft",
    "framesTotal",
    "coarseSeconds",
    "coarseNanoseconds",
    "charge",
    "mayHold",
    "hold",
  ],
  services: {
    memory: [
      "createObject",
      "releaseObject",
      "readObject",
      "writeObject",
      "truncateObject",
      "objectPages",
      "objectPagesIn",
      "clearObject",
      "nextObjectPage",
      "allocateObject",
    ],
  },
  registers: [],
  interrupts: [],
});
