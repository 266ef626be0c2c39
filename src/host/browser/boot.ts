/** Boots a system in a worker of the browser's. */
import { bootLink, type Link, type LinkOptions } from "../link.js";
import type { BootData, FromWorker } from "../messages.js";

/**
 * @param workerUrl of the built host/browser/worker.js
 * @throws SixfoldError when it does not boot
 */
export function bootBrowser(
  workerUrl: string | URL,
  data: BootData,
  options: Omit<LinkOptions, "worker">,
): Promise<Link> {
  return bootLink({
    ...options,
    worker: (listener) => {
      const worker = new Worker(workerUrl, { type: "module", name: "sixfold" });
      worker.onmessage = ({ data }) => listener.message(data as FromWorker);
      worker.onerror = ({ message }) =>
        listener.failed(new Error(message === "" ? `cannot load ${workerUrl}` : message));
      worker.postMessage(data);
      return {
        post: (message, transfer) => worker.postMessage(message, [...transfer]),
        terminate: async () => worker.terminate(),
        hold: () => undefined,
      };
    },
  });
}
