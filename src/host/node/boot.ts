/** Boots a system in a worker of Node's. */
import type { Worker } from "node:worker_threads";
import { bootLink, type Link, type LinkOptions } from "../link.js";
import type { BootData, FromWorker } from "../messages.js";
import { objectsMb, type PreparedWorker, startWorker, systemEntry } from "./prepared.js";

/**
 * Boots in a worker with another entry than the usual one.
 * @throws SixfoldError when it does not boot
 */
export function bootWorker(
  entry: URL,
  data: BootData,
  options: Omit<LinkOptions, "worker">,
): Promise<Link> {
  return bootIn((boundMb) => startWorker(entry, boundMb), data, options);
}

/**
 * @param prepared is taken if it is of use
 * @throws SixfoldError when it does not boot
 */
export function bootNode(
  data: BootData,
  options: Omit<LinkOptions, "worker">,
  prepared?: PreparedWorker,
): Promise<Link> {
  const workerFor = (boundMb: number) =>
    prepared?.take(boundMb) ?? startWorker(systemEntry(), boundMb);
  return bootIn(workerFor, data, options);
}

function bootIn(
  workerFor: (boundMb: number) => Worker,
  data: BootData,
  options: Omit<LinkOptions, "worker">,
): Promise<Link> {
  return bootLink({
    ...options,
    worker: (listener) => {
      const worker = workerFor(objectsMb(data.memoryBytes, data.image.length));
      worker.on("message", (message: FromWorker) => listener.message(message));
      worker.on("error", (error: Error) => listener.failed(error));
      worker.on("exit", () => listener.exited());
      worker.postMessage(data);
      return {
        post: (message, transfer) => worker.postMessage(message, [...transfer]),
        terminate: async () => void (await worker.terminate()),
        hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      };
    },
  });
}
