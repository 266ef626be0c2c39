/**
 * Modules that are built with the bundle, and what the engine made of them: all their functions
 * optimised (`scripts/warm.mjs`), where a start would begin with baseline code.
 *
 *   NAME.wasm = the module
 *   NAME.code = SHA256 of the module and the code, then the code
 *
 * The engine refuses code of another version and for another processor, but notices no damage.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EngineCode } from "./engine-code.js";

const HASH_BYTES = 32;

/** The bytes of a module; undefined: it is not there. */
export function builtBytes(folder: URL, name: string): Uint8Array<ArrayBuffer> | undefined {
  const url = new URL(`./${name}.wasm`, folder);
  return existsSync(url) ? new Uint8Array(readFileSync(url)) : undefined;
}

/** The module with its code; undefined: there is none for this engine. */
export function builtModule(
  folder: URL,
  name: string,
  bytes: Uint8Array,
  engine: EngineCode,
): object | undefined {
  const url = codeOf(folder, name);
  if (!existsSync(url)) return undefined;
  const kept = readFileSync(url);
  const code = kept.subarray(HASH_BYTES);
  if (!hashOf(bytes, code).equals(kept.subarray(0, HASH_BYTES))) return undefined;
  return engine.give(new Uint8Array(code).buffer, bytes);
}

/** Whether there is code for a module. */
export const isBuiltKept = (folder: URL, name: string): boolean => existsSync(codeOf(folder, name));

/**
 * Keeps the code of a module.
 * @param functions that it exports, to be optimised before
 */
export function keepBuilt(
  folder: URL,
  name: string,
  built: { readonly module: object; readonly functions: readonly object[] },
  engine: EngineCode,
): void {
  const bytes = builtBytes(folder, name);
  for (const one of built.functions) engine.optimise(one);
  const code = built.functions.length > 0 ? engine.take(built.module) : undefined;
  if (bytes === undefined || code === undefined) return;
  const path = fileURLToPath(codeOf(folder, name));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(
    temporary,
    Buffer.concat([hashOf(bytes, new Uint8Array(code)), new Uint8Array(code)]),
  );
  renameSync(temporary, path);
}

const codeOf = (folder: URL, name: string): URL => new URL(`./${name}.code`, folder);

function hashOf(bytes: Uint8Array, code: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).update(code).digest();
}
