/**
 * Entry of Node's worker that runs a system: the first message says what to boot, the others are
 * served. (`workerData` would hold the image for as long as the worker lives.)
 */
import { randomFillSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MessagePort, parentPort } from "node:worker_threads";
import type { BootData, ToWorker } from "../messages.js";
import type { RunnerHost, TranslationStoreOf } from "../runner.js";
import { serve } from "../serve.js";
import { builtBytes, builtModule } from "./built-modules.js";
import { CodeFolder } from "./code-folder.js";
import { enableEngineFeatures } from "./engine.js";
import { type EngineCode, engineCode } from "./engine-code.js";
import { serveFolders } from "./folder-share.js";
import { TranslationFile } from "./translation-store.js";

type Module = ReturnType<NonNullable<RunnerHost["moduleWithCode"]>>;

/** The version of the bundle; a worker that is not bundled keeps nothing: its code changes. */
function translationStore(
  folder: string,
  report: (line: string) => void,
  engine: EngineCode | undefined,
): TranslationStoreOf | undefined {
  const url = new URL("./version", import.meta.url);
  if (!existsSync(url)) return undefined;
  const version = readFileSync(url, "utf8");
  return ({ fusedMultiplyAdd }) => {
    const name = fusedMultiplyAdd ? `${version}-fused` : version;
    const code = engine && new CodeFolder(join(folder, name), engine, report);
    return new TranslationFile(folder, name, report, code);
  };
}

function hostOf(port: MessagePort): RunnerHost {
  const engine = engineCode();
  // The interpreter for the default memory lies beside the bundled worker, built already.
  const folder = new URL("./", import.meta.url);
  return {
    post: (message, bytes) =>
      port.postMessage(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]),
    moduleBytes: (name) => builtBytes(folder, name),
    moduleWithCode: (name, bytes) => engine && (builtModule(folder, name, bytes, engine) as Module),
    translationStore: (cache, report) => translationStore(cache, report, engine),
    folders: serveFolders,
    fillRandom: (bytes) => void randomFillSync(bytes),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("worker.js is the entry of a worker, not of a program");
  enableEngineFeatures();
  const waiting: ToWorker[] = [];
  let take = (message: ToWorker): void => void waiting.push(message);
  port.once("message", (data: BootData) => {
    port.on("message", (message: ToWorker) => take(message));
    void serve(data, hostOf(port), (taker) => {
      for (const message of waiting.splice(0)) taker(message);
      take = taker;
    });
  });
}

// What goes wrong ends the worker: an unhandled rejection does.
main();
