/** The float functions in a module of their own, callable with register bits. */

import type { FloatFunctionName } from "../../src/machine/float/float.js";
import { addFloatFunctions } from "../../src/machine/float/float.js";
import { ModuleBuilder } from "../../src/machine/wasm/module.js";
import type { Operation } from "./operations.js";

export interface Answer {
  readonly result: bigint;
  readonly flags: number;
}

const FLAGS_ADDRESS = 256;

type Callable = (...values: (number | bigint)[]) => bigint;

export class Rig {
  private readonly functions: Record<FloatFunctionName, Callable>;
  private readonly words: Int32Array;

  constructor() {
    const module = new ModuleBuilder({ names: true });
    module.addMemory({ initial: 1 });
    for (const [name, index] of Object.entries(addFloatFunctions(module))) {
      module.addExport(name, "function", index);
    }
    module.addExport("memory", "memory", 0);
    const compiled = new WebAssembly.Module(module.finish() as BufferSource);
    const { exports } = new WebAssembly.Instance(compiled);
    this.functions = exports as Record<FloatFunctionName, Callable>;
    this.words = new Int32Array((exports.memory as WebAssembly.Memory).buffer);
  }

  /** Runs an operation with these flags set before. */
  run(operation: Operation, operands: readonly bigint[], rounding: number, flags: number): Answer {
    this.words[FLAGS_ADDRESS / 4] = flags;
    const extra = { rounding: [rounding, FLAGS_ADDRESS], flags: [FLAGS_ADDRESS], nothing: [] };
    const result = this.functions[operation.name](...operands, ...extra[operation.with]);
    const after = this.words[FLAGS_ADDRESS / 4] ?? 0;
    return { result: BigInt.asUintN(64, result), flags: after };
  }
}
