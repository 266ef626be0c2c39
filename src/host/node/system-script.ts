/**
 * The bundle of everything that the worker runs, as one script with V8's code cache beside it: the
 * engine then neither parses it nor compiles what every start uses. The cache is made by
 * `scripts/warm.mjs`; the engine refuses one of another version, and then compiles.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const SCRIPT = "system.cjs";
/** Belongs to exactly this script: whoever writes a new one deletes it. */
export const CODE_CACHE = "system.cache";

/**
 * Reads and compiles the script.
 * @param folder of the bundle
 */
export function systemScript(folder: URL): Script {
  const url = new URL(SCRIPT, folder);
  let cachedData: Buffer | undefined;
  try {
    cachedData = readFileSync(new URL(CODE_CACHE, folder));
  } catch {
    // Not made yet.
  }
  const filename = fileURLToPath(url);
  // The bundler writes ASCII: a string of it is half as long in memory.
  const source = readFileSync(url, "latin1");
  return new Script(source, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** Runs the worker's entry in the script, in this thread. */
export function runSystem(script: Script, folder: URL): void {
  const url = new URL(SCRIPT, folder);
  const entry = script.runInThisContext() as (require: NodeJS.Require, url: string) => void;
  entry(createRequire(url), url.href);
}
