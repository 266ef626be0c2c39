/**
 * RISC-V's F and D as WebAssembly functions: `addFloatFunctions` emits them all into a module and
 * returns their numbers.
 *
 * Operands and results are register bits (i64). Singles are NaN-boxed: an operand without the box
 * is the canonical NaN, a result carries it. Rounding modes are resolved (0 to 4). Exceptions are
 * ORed into the i32 word at `flagsAddress` in memory 0.
 *
 * Every operation has an exact path (arithmetic.ts, fused.ts, convert.ts) and most a fast path,
 * the host's own instruction, also where it is seen to be exact. Else the fast path is right where
 * flags and rounding cannot differ: the
 * inexact flag is set already, rounding is to nearest, and the result is a normal number above
 * the smallest: zero and subnormals may be underflows, infinity an overflow or a division by zero,
 * NaN an invalid operation; and the smallest normal number may be what a tiny result rounds to.
 */

import { Body, type Expression, type Variable } from "../wasm/expression.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature, ValueType } from "../wasm/opcodes.js";
import { emitAdd, emitDivide, emitMultiply, emitSquareRoot } from "./arithmetic.js";
import type { Comparison, SignInjection } from "./compare.js";
import { asFloat, emitClassify, emitCompare, emitMinimum, signInjected } from "./compare.js";
import type { IntegerType } from "./convert.js";
import { emitFromInteger, emitNarrow, emitToInteger, emitWiden, integerTypes } from "./convert.js";
import {
  fastFromInteger,
  fastFused,
  fastNarrow,
  fastResult,
  fastToInteger,
  holdsAll,
  nativeFromInteger,
  type ReturnExact,
  returnExactProduct,
  returnExactQuotient,
  returnExactRoot,
  returnExactSum,
} from "./fast.js";
import type { Format } from "./format.js";
import { boxMask, double, single } from "./format.js";
import { emitFusedMultiplyAdd } from "./fused.js";
import type { Parts } from "./parts.js";
import { addParts } from "./parts.js";

type FormatName = "f32" | "f64";

/**
 * Names of the functions, by their shape:
 * - (a, b, rounding, flagsAddress) → bits: Add, Sub, Mul, Div
 * - (a, rounding, flagsAddress) → bits: Sqrt, To*, From*, Convert (from the other format)
 * - (a, b, c, rounding, flagsAddress) → bits: MultiplyAdd a×b+c, MultiplySubtract a×b-c,
 *   NegatedMultiplySubtract -a×b+c, NegatedMultiplyAdd -a×b-c, as fmadd, fmsub, fnmsub, fnmadd
 * - (a, b, flagsAddress) → bits: Min, Max; → 0 or 1: Eq, Lt, Le
 * - (a) → mask: Classify
 * - (a, b) → bits: SignCopy, SignNegate, SignXor
 * Integers are register bits too: 32-bit ones are sign-extended.
 */
export type FloatFunctionName = `${FormatName}${
  | "Add"
  | "Sub"
  | "Mul"
  | "Div"
  | "Sqrt"
  | "MultiplyAdd"
  | "MultiplySubtract"
  | "NegatedMultiplySubtract"
  | "NegatedMultiplyAdd"
  | "Min"
  | "Max"
  | "Eq"
  | "Lt"
  | "Le"
  | "Classify"
  | "SignCopy"
  | "SignNegate"
  | "SignXor"
  | "Convert"
  | `To${IntegerType["name"]}`
  | `From${IntegerType["name"]}`}`;

/** Numbers of the functions in the module, for `call`. */
export type FloatFunctions = Readonly<Record<FloatFunctionName, number>>;

/** How many operands a function takes, and whether a rounding mode and a flags address follow. */
export interface FloatShape {
  readonly operands: 1 | 2 | 3;
  readonly rounding: boolean;
  readonly flags: boolean;
}

/** Parameters and result of a function of this shape. */
export function floatSignature(shape: FloatShape): Signature {
  const parameters: ValueType[] = Array.from({ length: shape.operands }, () => "i64");
  if (shape.rounding) parameters.push("i32");
  if (shape.flags) parameters.push("i32");
  return { parameters, results: ["i64"] };
}

const rounded = (operands: 1 | 2 | 3): FloatShape => ({ operands, rounding: true, flags: true });

/** Emits all float functions into a module that has a memory. */
export function addFloatFunctions(module: ModuleBuilder): FloatFunctions {
  const functions = {} as Record<FloatFunctionName, number>;
  const singles = new FormatFunctions(addParts(module, single), functions);
  const doubles = new FormatFunctions(addParts(module, double), functions);
  for (const operations of [singles, doubles]) {
    operations.addArithmetic();
    operations.addFused();
    operations.addComparisons();
    operations.addIntegerConversions();
  }
  addFormatConversions(singles, doubles);
  return functions;
}

/** The functions of one format. */
class FormatFunctions {
  readonly parts: Parts;
  private readonly functions: Record<FloatFunctionName, number>;

  constructor(parts: Parts, functions: Record<FloatFunctionName, number>) {
    this.parts = parts;
    this.functions = functions;
  }

  /** Adds a function and records its number under the format's name and `operation`. */
  add(operation: string, shape: FloatShape, emit: (body: Body) => void): number {
    const { module, format } = this.parts;
    const name = `${format.name}${operation}` as FloatFunctionName;
    const index = module.addFunction(floatSignature(shape), (code) => emit(new Body(code)), name);
    this.functions[name] = index;
    return index;
  }

  /** Adds the exact path of an operation over raw bits. @returns its number */
  addExact(operation: string, shape: FloatShape, emit: (body: Body) => void): number {
    const name = `${this.parts.format.name}${operation}Exact`;
    const write = (code: Body["code"]) => emit(new Body(code));
    return this.parts.module.addFunction(floatSignature(shape), write, name);
  }

  addArithmetic(): void {
    const { parts } = this;
    const { format } = parts;
    const sum = this.addExact("Add", rounded(2), (body) => emitAdd(body, parts));
    const product = this.addExact("Mul", rounded(2), (body) => emitMultiply(body, parts));
    const quotient = this.addExact("Div", rounded(2), (body) => emitDivide(body, parts));
    const root = this.addExact("Sqrt", rounded(1), (body) => emitSquareRoot(body, parts));
    const addBinary = (
      operation: string,
      exact: number,
      native: (a: Expression, b: Expression) => Expression,
      ifExact: (body: Body, of: readonly [Variable, Variable]) => ReturnExact,
      prepare?: (a: Variable, b: Variable) => void,
    ) =>
      this.add(operation, rounded(2), (body) => {
        const [a, b] = [body.parameter(0), body.parameter(1)];
        const [x, y] = [body.let(asFloat(format, a)), body.let(asFloat(format, b))];
        fastResult(body, format, [a, b], () => native(x, y), ifExact(body, [x, y]));
        unboxAll(format, a, b);
        prepare?.(a, b);
        returnExact(body, format, exact, rounded(2));
      });
    addBinary(
      "Add",
      sum,
      (a, b) => a.add(b),
      (body, of) => (result, bits) => returnExactSum(body, of, result, bits),
    );
    addBinary(
      "Sub",
      sum,
      (a, b) => a.sub(b),
      (body, [x, y]) =>
        (result, bits) =>
          returnExactSum(body, [x, negated(y)], result, bits),
      (_, b) => b.set(b.xor(format.signMask)),
    );
    addBinary(
      "Mul",
      product,
      (a, b) => a.mul(b),
      (body, of) => (result, bits) => returnExactProduct(body, format, of, result, bits),
    );
    addBinary(
      "Div",
      quotient,
      (a, b) => a.div(b),
      (body, of) => (result, bits) => returnExactQuotient(body, format, of, result, bits),
    );
    this.addSquareRoot(root);
  }

  private addSquareRoot(root: number): void {
    const { format } = this.parts;
    this.add("Sqrt", rounded(1), (body) => {
      const a = body.parameter(0);
      const x = body.let(asFloat(format, a));
      const ifExact: ReturnExact = (result, bits) => returnExactRoot(body, format, x, result, bits);
      fastResult(body, format, [a], () => x.sqrt(), ifExact);
      unboxAll(format, a);
      returnExact(body, format, root, rounded(1));
    });
  }

  addFused(): void {
    const { parts } = this;
    const { format } = parts;
    const exact = this.addExact("MultiplyAdd", rounded(3), (body) =>
      emitFusedMultiplyAdd(body, parts),
    );
    const addVariant = (operation: string, negatesProduct: boolean, negatesAddend: boolean) =>
      this.add(operation, rounded(3), (body) => {
        const [a, b, c] = [body.parameter(0), body.parameter(1), body.parameter(2)];
        // Turning the sign of a NaN is harmless: all results are canonical. A single must be
        // unboxed first only if it lacks its box, which the sign bit does not change.
        if (negatesProduct) a.set(a.xor(format.signMask));
        if (negatesAddend) c.set(c.xor(format.signMask));
        fastFused(body, format, a, b, c);
        unboxAll(format, a, b, c);
        returnExact(body, format, exact, rounded(3));
      });
    addVariant("MultiplyAdd", false, false);
    addVariant("MultiplySubtract", false, true);
    addVariant("NegatedMultiplySubtract", true, false);
    addVariant("NegatedMultiplyAdd", true, true);
  }

  addComparisons(): void {
    const { format } = this.parts;
    const flagged: FloatShape = { operands: 2, rounding: false, flags: true };
    const comparisons: [string, Comparison][] = [
      ["Eq", "eq"],
      ["Lt", "lt"],
      ["Le", "le"],
    ];
    for (const [operation, comparison] of comparisons) {
      this.add(operation, flagged, (body) => {
        unboxAll(format, body.parameter(0), body.parameter(1));
        emitCompare(body, format, comparison);
      });
    }
    for (const operation of ["Min", "Max"]) {
      const minimum = this.addExact(operation, flagged, (body) =>
        emitMinimum(body, format, operation === "Max"),
      );
      this.add(operation, flagged, (body) => {
        unboxAll(format, body.parameter(0), body.parameter(1));
        returnExact(body, format, minimum, flagged);
      });
    }
    this.add("Classify", { operands: 1, rounding: false, flags: false }, (body) => {
      unboxAll(format, body.parameter(0));
      emitClassify(body, format);
    });
    const injections: [string, SignInjection][] = [
      ["SignCopy", "copy"],
      ["SignNegate", "negate"],
      ["SignXor", "xor"],
    ];
    for (const [operation, kind] of injections) {
      this.add(operation, { operands: 2, rounding: false, flags: false }, (body) => {
        const [a, b] = [body.parameter(0), body.parameter(1)];
        unboxAll(format, a, b);
        body.result(boxed(format, signInjected(format, a, b, kind)));
      });
    }
  }

  addIntegerConversions(): void {
    const { parts } = this;
    const { format } = parts;
    for (const type of integerTypes) {
      const toInteger = this.addExact(`To${type.name}`, rounded(1), (body) =>
        emitToInteger(body, format, type),
      );
      this.add(`To${type.name}`, rounded(1), (body) => {
        unboxAll(format, body.parameter(0));
        fastToInteger(body, format, type);
        const operands = [0, 1, 2].map((index) => body.parameter(index));
        body.returnCall(toInteger, ...operands);
      });
      if (holdsAll(format, type)) {
        this.add(`From${type.name}`, rounded(1), (body) =>
          body.result(nativeFromInteger(format, type, body.parameter(0))),
        );
        continue;
      }
      const fromInteger = this.addExact(`From${type.name}`, rounded(1), (body) =>
        emitFromInteger(body, parts, type),
      );
      this.add(`From${type.name}`, rounded(1), (body) => {
        fastFromInteger(body, format, type);
        returnExact(body, format, fromInteger, rounded(1));
      });
    }
  }
}

/** f64Convert widens a single, f32Convert narrows a double. */
function addFormatConversions(singles: FormatFunctions, doubles: FormatFunctions): void {
  doubles.add("Convert", rounded(1), (body) => {
    unboxAll(single, body.parameter(0));
    emitWiden(body, singles.parts);
  });
  const narrow = singles.addExact("Convert", rounded(1), (body) =>
    emitNarrow(body, singles.parts, doubles.parts.nanOf),
  );
  singles.add("Convert", rounded(1), (body) => {
    fastNarrow(body);
    returnExact(body, single, narrow, rounded(1));
  });
}

const negated = (value: Expression): Expression => value.apply(`${value.type}Neg`, value.type);

/** Turns register bits into raw bits; for doubles they are the same. */
function unboxAll(format: Format, ...operands: Variable[]): void {
  if (format.widthBits === 64) return;
  for (const operand of operands) {
    const raw = operand.and(0xffff_ffff);
    const { canonicalNaN } = format;
    operand.set(operand.geU(boxMask).choose(raw, canonicalNaN));
  }
}

/** Raw bits as register bits. */
function boxed(format: Format, bits: Expression): Expression {
  return format.widthBits === 64 ? bits : bits.or(boxMask);
}

/** Calls the exact path with the function's own parameters; the last statement. */
function returnExact(body: Body, format: Format, exact: number, shape: FloatShape): void {
  const count = floatSignature(shape).parameters.length;
  const { code } = body;
  for (let index = 0; index < count; index++) code.localGet(index);
  if (format.widthBits === 64) code.returnCall(exact);
  else code.call(exact).i64Const(boxMask).i64Or();
}
