/** Entry of Node's worker that runs a system: boots as `workerData` says, then serves messages. */
import { randomFillSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { BootData, ToWorker } from "../messages.js";
import { serve } from "../serve.js";
import { enableEngineFeatures } from "./engine.js";
import { serveFolders } from "./folder-share.js";

/** The interpreter for the default memory lies beside the bundled worker, built already. */
function moduleBytes(name: string): Uint8Array<ArrayBuffer> | undefined {
  const url = new URL(`./${name}.wasm`, import.meta.url);
  return existsSync(url) ? new Uint8Array(readFileSync(url)) : undefined;
}

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("worker.js is the entry of a worker, not of a program");
  enableEngineFeatures();
  await serve(
    workerData as BootData,
    {
      post: (message, bytes) =>
        port.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]),
      moduleBytes,
      folders: serveFolders,
      fillRandom: (bytes) => void randomFillSync(bytes),
      turn: () => new Promise((resolve) => setImmediate(resolve)),
    },
    (take) => port.on("message", (message: ToWorker) => take(message)),
  );
}

// A script, as which this is bundled, has no await; what goes wrong ends the worker all the same.
void main();
