/**
 * The bundle of everything that the worker runs, as one script with V8's code cache beside it: the
 * engine then neither parses it nor compiles what every start uses. The cache is made by
 * `scripts/warm.mjs`; the engine refuses one of another version, and then compiles.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { readCode, writeCode } from "./code-file.js";
import { enableEngineFeatures } from "./engine.js";

const SCRIPT = "system.cjs";
export const CODE_CACHE = "system.cache";

/**
 * Reads and compiles the script.
 * @param folder of the bundle
 */
export function systemScript(folder: URL): Script {
  // The engine takes code only under the flags that it was made with: they are set before.
  enableEngineFeatures();
  const url = new URL(SCRIPT, folder);
  const source = readFileSync(url);
  const cachedData = readCode(new URL(CODE_CACHE, folder), source);
  const filename = fileURLToPath(url);
  // The bundler writes ASCII: a string of it is half as long in memory.
  const text = source.toString("latin1");
  return new Script(text, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** Keeps what the engine has compiled of the script so far. */
export function keepCode(script: Script, folder: URL): void {
  const source = readFileSync(new URL(SCRIPT, folder));
  writeCode(new URL(CODE_CACHE, folder), source, script.createCachedData());
}

/** Runs the worker's entry in the script, in this thread. */
export function runSystem(script: Script, folder: URL): void {
  const url = new URL(SCRIPT, folder);
  const entry = script.runInThisContext() as (require: NodeJS.Require, url: string) => void;
  entry(createRequire(url), url.href);
}
