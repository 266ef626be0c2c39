/** Boots a system in a worker of Node's. */
import { Worker } from "node:worker_threads";
import { bootLink, type Link, type LinkOptions, type WorkerListener } from "../link.js";
import type { BootData, FromWorker } from "../messages.js";
import { bundledFile } from "./bundle.js";

/** The engine would let it grow to 48 MB before it looks for garbage; the system makes little. */
const YOUNG_GENERATION_MB = 4;

function startWorker(entry: URL, data: BootData, listener: WorkerListener): Worker {
  const worker = new Worker(entry, {
    name: "sixfold",
    // Nothing of the host is visible within.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  worker.on("message", (message: FromWorker) => listener.message(message));
  worker.on("error", (error: Error) => listener.failed(error));
  worker.on("exit", () => listener.exited());
  worker.postMessage(data);
  return worker;
}

/**
 * Boots in a worker with another entry than the usual one.
 * @throws SixfoldError when it does not boot
 */
export function bootWorker(
  entry: URL,
  data: BootData,
  options: Omit<LinkOptions, "worker">,
): Promise<Link> {
  return bootLink({
    ...options,
    worker: (listener) => {
      const worker = startWorker(entry, data, listener);
      return {
        post: (message, transfer) => worker.postMessage(message, [...transfer]),
        terminate: async () => void (await worker.terminate()),
        hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      };
    },
  });
}

/** @throws SixfoldError when it does not boot */
export function bootNode(data: BootData, options: Omit<LinkOptions, "worker">): Promise<Link> {
  // Within the bundle, too, the worker lies beside this.
  const entry = bundledFile("worker.js") ?? new URL("./worker.js", import.meta.url);
  return bootWorker(entry, data, options);
}
