/** What a worker does, whatever its host: boots a system, then serves messages to its end. */
import { StructureError } from "../structures/boot.js";
import type { SixfoldErrorCode } from "./errors.js";
import type { BootData, ToWorker } from "./messages.js";
import { Runner, type RunnerHost } from "./runner.js";

function codeOf(error: unknown): SixfoldErrorCode {
  if (error instanceof StructureError) return "structure";
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : "";
  if (name === "CpioError" || message.startsWith("image:")) return "image";
  if (name === "FolderError") return "argument";
  return error instanceof RangeError ? "argument" : "panic";
}

/**
 * Boots and runs. Says "ready", or "failed" and returns.
 * @param listen has the messages of the embedder's side taken from then on
 */
export function serve(
  data: BootData,
  host: RunnerHost,
  listen: (take: (message: ToWorker) => void) => void,
): Promise<void> {
  // Not async: nothing may hold the image longer than it takes to unpack it.
  let runner: Runner;
  try {
    runner = new Runner(data, host);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    host.post({ kind: "failed", code: codeOf(error), message });
    return Promise.resolve();
  }
  listen((message) => runner.receive(message));
  host.post({ kind: "ready" });
  return runner.run();
}
