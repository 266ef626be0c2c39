/** Entry of the worker that runs a system: boots as `workerData` says, then serves messages. */
import { parentPort, workerData } from "node:worker_threads";
import { StructureError } from "../../structures/boot.js";
import type { SixfoldErrorCode } from "./errors.js";
import type { BootData, FromWorker, ToWorker } from "./messages.js";
import { Runner } from "./runner.js";

function codeOf(error: unknown): SixfoldErrorCode {
  if (error instanceof StructureError) return "structure";
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : "";
  if (name === "CpioError" || message.startsWith("image:")) return "image";
  return error instanceof RangeError ? "argument" : "panic";
}

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("worker.js is the entry of a worker, not of a program");
  const post = (message: FromWorker, bytes?: Uint8Array): void =>
    port.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  let runner: Runner;
  try {
    runner = new Runner(workerData as BootData, post);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    post({ kind: "failed", code: codeOf(error), message });
    return;
  }
  port.on("message", (message: ToWorker) => runner.receive(message));
  post({ kind: "ready" });
  await runner.run();
}

await main();
