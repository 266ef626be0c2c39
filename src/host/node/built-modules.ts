/**
 * Modules that are built with the bundle, and what the engine made of them: all their functions
 * optimised (`scripts/warm.mjs`), where a start would begin with baseline code.
 *
 *   NAME.wasm = the module; NAME.code = its code (code-file.ts)
 */
import { existsSync, readFileSync } from "node:fs";
import { readCode, writeCode } from "./code-file.js";
import type { EngineCode } from "./engine-code.js";

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
  const code = readCode(codeOf(folder, name), bytes);
  return code && engine.give(new Uint8Array(code).buffer, bytes);
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
  if (bytes !== undefined && code !== undefined) {
    writeCode(codeOf(folder, name), bytes, new Uint8Array(code));
  }
}

const codeOf = (folder: URL, name: string): URL => new URL(`./${name}.code`, folder);
