/**
 * What one float operation costs, in nanoseconds per call from WebAssembly, each result an operand
 * of the next: `npx tsx benchmarks/float.ts`. "fast" runs with the inexact flag set and rounding to
 * nearest, "exact" with the flags cleared before every call.
 */

import type { FloatFunctionName } from "../src/machine/float/float.js";
import { addFloatFunctions } from "../src/machine/float/float.js";
import type { CodeBuilder } from "../src/machine/wasm/code.js";
import { ModuleBuilder } from "../src/machine/wasm/module.js";

const CALLS = 2_000_000;
const ROUNDS = 7;
const FLAGS_ADDRESS = 64;

type Loop = (count: number) => bigint;

/** f(value, ...constants): the operands keep the value near 1. */
const cases: readonly (readonly [FloatFunctionName, readonly number[]])[] = [
  ["f64Add", [1e-9]],
  ["f64Mul", [1.0000000001]],
  ["f64Div", [1.0000000001]],
  ["f64Sqrt", []],
  ["f64MultiplyAdd", [1.0000000001, -1e-10]],
  ["f32Add", [1e-6]],
  ["f32Mul", [1.00001]],
  ["f32Div", [1.00001]],
  ["f32Sqrt", []],
  ["f32MultiplyAdd", [1.00001, -1e-6]],
];

function pushConstant(code: CodeBuilder, isSingle: boolean, value: number): void {
  if (!isSingle) code.f64Const(value).i64ReinterpretF64();
  else
    code
      .f32Const(value)
      .i32ReinterpretF32()
      .i64ExtendI32U()
      .i64Const(0xffff_ffffn << 32n)
      .i64Or();
}

/** A loop of calls; returns the last result. */
function addLoop(
  module: ModuleBuilder,
  callee: number,
  row: (typeof cases)[number],
  isExact: boolean,
): number {
  const [name, constants] = row;
  const isSingle = name.startsWith("f32");
  return module.addFunction({ parameters: ["i32"], results: ["i64"] }, (code) => {
    const value = code.local("i64");
    pushConstant(code, isSingle, 1.5);
    code.localSet(value);
    const again = code.loop();
    code
      .i32Const(0)
      .i32Const(isExact ? 0 : 1)
      .i32Store(FLAGS_ADDRESS);
    code.localGet(value);
    for (const operand of constants) pushConstant(code, isSingle, operand);
    code.i32Const(0).i32Const(FLAGS_ADDRESS).call(callee).localSet(value);
    code.localGet(0).i32Const(1).i32Sub().localTee(0).brIf(again);
    code.end().localGet(value);
  });
}

const module = new ModuleBuilder({ names: true });
module.addMemory({ initial: 1 });
const functions = addFloatFunctions(module);
for (const row of cases) {
  const [name] = row;
  module.addExport(`${name} fast`, "function", addLoop(module, functions[name], row, false));
  module.addExport(`${name} exact`, "function", addLoop(module, functions[name], row, true));
}
const compiled = new WebAssembly.Module(module.finish() as BufferSource);
const loops = new WebAssembly.Instance(compiled).exports as Record<string, Loop>;

console.log("operation        fast ns  exact ns");
for (const [name] of cases) {
  const costs = ["fast", "exact"].map((path) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      loops[`${name} ${path}`]?.(CALLS);
      best = Math.min(best, performance.now() - start);
    }
    return ((best * 1e6) / CALLS).toFixed(1).padStart(9);
  });
  console.log(`${name.padEnd(15)}${costs.join(" ")}`);
}
