/**
 * What the engine can do beyond what every engine has: found out by trying, as no engine says.
 */

import type { CodeBuilder } from "./code.js";
import { ModuleBuilder } from "./module.js";

export interface EngineFeatures {
  /** `f32x4RelaxedMadd` and `f64x2RelaxedMadd` are there and round once on this host. */
  readonly fusedMultiplyAdd: boolean;
}

/** No more than WebAssembly 2.0 with tail calls. */
export const plainEngine: EngineFeatures = Object.freeze({ fusedMultiplyAdd: false });

type FormatName = "f32" | "f64";

/** Writes a × b + c, rounded once; the three scalars are pushed by `push`. */
export function emitFusedMultiplyAdd(
  code: CodeBuilder,
  format: FormatName,
  push: readonly [() => void, () => void, () => void],
): void {
  const isSingle = format === "f32";
  for (const operand of push) {
    operand();
    if (isSingle) code.f32x4Splat();
    else code.f64x2Splat();
  }
  if (isSingle) code.f32x4RelaxedMadd().f32x4ExtractFirst();
  else code.f64x2RelaxedMadd().f64x2ExtractFirst();
}

/** x × x - 1: what is left of it when the product is not rounded differs in the last place. */
function addProbe(module: ModuleBuilder, format: FormatName, x: number): void {
  const run = module.addFunction({ parameters: [], results: ["i32"] }, (code) => {
    const push = (value: number) => () =>
      format === "f32" ? code.f32Const(value) : code.f64Const(value);
    // The square of 1 + e is 1 + 2e + e², of which rounding loses e².
    const e = x - 1;
    const rounded = format === "f32" ? Math.fround(x * x) : x * x;
    emitFusedMultiplyAdd(code, format, [push(x), push(x), push(-rounded)]);
    push(e * e)();
    if (format === "f32") code.f32Eq();
    else code.f64Eq();
  });
  module.addExport(format, "function", run);
}

/** Tries the engine; some tenths of a millisecond. */
export function detectFeatures(): EngineFeatures {
  const module = new ModuleBuilder();
  addProbe(module, "f32", 1 + 2 ** -20);
  addProbe(module, "f64", 1 + 2 ** -40);
  const bytes = module.finish();
  if (!WebAssembly.validate(bytes)) return plainEngine;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { f32, f64 } = exports as Record<FormatName, () => number>;
  return Object.freeze({ fusedMultiplyAdd: f32() === 1 && f64() === 1 });
}
