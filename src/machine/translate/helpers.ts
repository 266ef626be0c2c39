/** Signatures of the interpreter's helpers, which regions import. */

import { type FloatFunctionName, type FloatShape, floatSignature } from "../float/float.js";
import { type HelperName, type IntegerHelper, integerHelpers } from "../isa/helpers.js";
import type { Signature } from "../wasm/opcodes.js";
import type { Region } from "./region.js";

const binaryInteger: Readonly<Signature> = Object.freeze({
  parameters: Object.freeze(["i64", "i64"] as const),
  results: Object.freeze(["i64"] as const),
});

const shape = (operands: 1 | 2 | 3, rounding: boolean, flags: boolean): Readonly<FloatShape> =>
  Object.freeze({ operands, rounding, flags });

/** By the operation's name without that of the format; the first that matches counts. */
const shapes: readonly (readonly [RegExp, Readonly<FloatShape>])[] = Object.freeze([
  [/^(Negated)?Multiply/, shape(3, true, true)],
  [/^(Add|Sub|Mul|Div)$/, shape(2, true, true)],
  [/^(Min|Max|Eq|Lt|Le)$/, shape(2, false, true)],
  [/^Sign/, shape(2, false, false)],
  [/^Classify$/, shape(1, false, false)],
  [/^(Sqrt|Convert|To.+|From.+)$/, shape(1, true, true)],
]);

const csrRead: Readonly<Signature> = Object.freeze({
  parameters: Object.freeze(["i32", "i32", "i32"] as const),
  results: Object.freeze(["i64"] as const),
});

function isIntegerHelper(name: HelperName): name is IntegerHelper {
  return name in integerHelpers;
}

function floatHelperSignature(name: FloatFunctionName): Signature {
  const operation = name.slice("f32".length);
  const found = shapes.find(([pattern]) => pattern.test(operation));
  if (found === undefined) throw new Error(`helper ${name} has no known shape`);
  return floatSignature(found[1]);
}

/** The helpers that the regions may call, of those that there are. */
export function helpersFor(
  regions: readonly Region[],
  names: readonly HelperName[],
): Map<HelperName, Signature> {
  const extensions = new Set<string>();
  for (const { blocks } of regions) {
    for (const { steps } of blocks.values()) {
      for (const { row } of steps) extensions.add(row.extension);
    }
  }
  const withFloat = extensions.has("F") || extensions.has("D");
  const found = new Map<HelperName, Signature>();
  for (const name of names) {
    if (name === "csrRead") {
      if (extensions.has("Zicsr")) found.set(name, csrRead);
    } else if (isIntegerHelper(name)) {
      if (extensions.has("M")) found.set(name, binaryInteger);
    } else if (withFloat) found.set(name, floatHelperSignature(name));
  }
  return found;
}
