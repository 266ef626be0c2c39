/** The interpreter's helpers in a region: signatures of those that are called, and the others. */

import { type FloatFunctionName, type FloatShape, floatSignature } from "../float/float.js";
import {
  type HelperName,
  type IntegerHelper,
  integerHelpers,
  wordHelpers,
} from "../isa/helpers.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { Signature } from "../wasm/opcodes.js";

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

/** Whether a helper is written in place instead of being called. */
export function isIntegerHelper(name: HelperName): name is IntegerHelper {
  return name in integerHelpers;
}

/**
 * Takes two i64 and pushes the i64 that the helper gives.
 * @param isWord both are extended words, and of the result the low half counts
 */
export function writeIntegerHelper(code: CodeBuilder, name: IntegerHelper, isWord: boolean): void {
  const word = isWord ? wordHelpers[name as keyof typeof wordHelpers] : undefined;
  const type = word === undefined ? "i64" : "i32";
  const [a, b] = [code.local(type), code.local(type)];
  for (const local of [b, a]) {
    if (word !== undefined) code.i32WrapI64();
    code.localSet(local);
  }
  if (word === undefined) integerHelpers[name](code, a, b);
  else {
    word(code, a, b);
    code.i64ExtendI32S();
  }
  code.release(a, b);
}

function floatHelperSignature(name: FloatFunctionName): Signature {
  const operation = name.slice("f32".length);
  const found = shapes.find(([pattern]) => pattern.test(operation));
  if (found === undefined) throw new Error(`helper ${name} has no known shape`);
  return floatSignature(found[1]);
}

/** The signature of a helper that is called: of floating point, or for counters. */
export function helperSignature(name: HelperName): Signature {
  if (isIntegerHelper(name)) throw new Error(`helper ${name} is written in place`);
  return name === "csrRead" ? csrRead : floatHelperSignature(name);
}
