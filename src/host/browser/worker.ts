/** Entry of a browser's worker that runs a system: the first message says what to boot. */
import type { BootData, ToWorker } from "../messages.js";
import { serve } from "../serve.js";

/** Bytes that crypto.getRandomValues gives at once (Web Cryptography API, 10.1.1). */
const RANDOM_BYTES_MAX = 65_536;

/** The part of DedicatedWorkerGlobalScope that is used: TypeScript's DOM library has a window. */
interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}
const scope = self as unknown as WorkerScope;

function fillRandom(bytes: Uint8Array): void {
  const own = new Uint8Array(bytes.length);
  for (let at = 0; at < own.length; at += RANDOM_BYTES_MAX) {
    crypto.getRandomValues(own.subarray(at, at + RANDOM_BYTES_MAX));
  }
  bytes.set(own);
}

/** A turn by message: browsers hold timers of 0 ms back for 4 ms (HTML, 8.6). */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

scope.onmessage = (first) => {
  const waiting: ToWorker[] = [];
  scope.onmessage = ({ data }) => void waiting.push(data as ToWorker);
  void serve(
    first.data as BootData,
    {
      post: (message, bytes) =>
        scope.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]),
      fillRandom,
      turn,
    },
    (take) => {
      for (const message of waiting) take(message);
      scope.onmessage = ({ data }) => take(data as ToWorker);
    },
  );
};
