/**
 * The bundle of everything that the worker runs, as one script with V8's code cache beside it: the
 * engine then neither parses it nor compiles what every start uses. The cache is made by
 * `scripts/warm.mjs`; the engine refuses one of another version, and then compiles.
 *
 *   cache = SHA256 of the script and the code, then the code
 *
 * The engine itself does not notice damage, nor a script that only has the length of the right one.
 */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { enableEngineFeatures } from "./engine.js";

const SCRIPT = "system.cjs";
export const CODE_CACHE = "system.cache";
const HASH_BYTES = 32;

function hashOf(source: Buffer, code: Buffer): Buffer {
  return createHash("sha256").update(source).update(code).digest();
}

/** The code in the cache, if there is any for this script. */
function codeFor(source: Buffer, folder: URL): Buffer | undefined {
  let cache: Buffer;
  try {
    cache = readFileSync(new URL(CODE_CACHE, folder));
  } catch {
    // Not made yet.
    return undefined;
  }
  const code = cache.subarray(HASH_BYTES);
  return hashOf(source, code).equals(cache.subarray(0, HASH_BYTES)) ? code : undefined;
}

/**
 * Reads and compiles the script.
 * @param folder of the bundle
 */
export function systemScript(folder: URL): Script {
  // The engine takes code only under the flags that it was made with: they are set before.
  enableEngineFeatures();
  const url = new URL(SCRIPT, folder);
  const source = readFileSync(url);
  const cachedData = codeFor(source, folder);
  const filename = fileURLToPath(url);
  // The bundler writes ASCII: a string of it is half as long in memory.
  const text = source.toString("latin1");
  return new Script(text, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** Keeps what the engine has compiled of the script so far. */
export function keepCode(script: Script, folder: URL): void {
  const code = script.createCachedData();
  const hash = hashOf(readFileSync(new URL(SCRIPT, folder)), code);
  const path = fileURLToPath(new URL(CODE_CACHE, folder));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, Buffer.concat([hash, code]));
  renameSync(temporary, path);
}

/** Runs the worker's entry in the script, in this thread. */
export function runSystem(script: Script, folder: URL): void {
  const url = new URL(SCRIPT, folder);
  const entry = script.runInThisContext() as (require: NodeJS.Require, url: string) => void;
  entry(createRequire(url), url.href);
}
