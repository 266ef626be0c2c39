/** Boots a system in a worker of Node's. */
import { Worker } from "node:worker_threads";
import { objectBytesMax } from "../../structures/limits.js";
import { bootLink, type Link, type LinkOptions, type WorkerListener } from "../link.js";
import type { BootData, FromWorker } from "../messages.js";
import { bundledFile } from "./bundle.js";

/** The engine would let it grow to 48 MB before it looks for garbage; the system makes little. */
const YOUNG_GENERATION_MB = 4;

/** What the engine has besides the system's own objects, and objects per byte of an image. */
const OTHER_OBJECTS_MB = 96;
const IMAGE_DIVISOR = 2;

/**
 * How far the engine lets its objects grow before it looks for garbage again: without a bound, to
 * several times of what is in use. All that a guest can make the system keep has room, twice.
 */
function oldGenerationMb({ memoryBytes, image }: BootData): number {
  const bytes = 2 * objectBytesMax(memoryBytes) + image.length / IMAGE_DIVISOR;
  return Math.ceil(OTHER_OBJECTS_MB + bytes / 2 ** 20);
}

function startWorker(entry: URL, data: BootData, listener: WorkerListener): Worker {
  const worker = new Worker(entry, {
    name: "sixfold",
    // Nothing of the host is visible within.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: {
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      maxOldGenerationSizeMb: oldGenerationMb(data),
    },
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
