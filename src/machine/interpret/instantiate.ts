/** Compiles the interpreter's module and joins it to a machine's memory and handlers. */

import { buildInterpreter } from "./module.js";
import type { InterpreterImports } from "./runtime.js";

export interface InterpreterExports {
  /** @returns EXIT_BUDGET, EXIT_TRAP or EXIT_LEFT; `state` in the memory says more */
  run(contextAddress: number, budgetInstructions: number, areaAddress: number): number;
  /** The functions of handlers by number; grows with translated regions. */
  readonly handlers: WebAssembly.Table;
}

/** Compiled modules by name; a Map is one. */
export interface ModuleCache {
  get(name: string): WebAssembly.Module | undefined;
  set(name: string, module: WebAssembly.Module): void;
}

/**
 * @param cache by memory size: a compiled module is immutable, so machines may share it
 */
export function instantiate(
  memory: WebAssembly.Memory,
  imports: InterpreterImports,
  cache?: ModuleCache,
): InterpreterExports {
  const memoryPages = memory.buffer.byteLength / 65536;
  const key = `interpreter-${memoryPages}`;
  let module = cache?.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(buildInterpreter(memoryPages));
    cache?.set(key, module);
  }
  const instance = new WebAssembly.Instance(module, { machine: { memory, ...imports } });
  return instance.exports as unknown as InterpreterExports;
}
