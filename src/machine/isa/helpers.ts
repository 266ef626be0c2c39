/**
 * Functions that the semantics of instructions share: integer arithmetic that WebAssembly lacks,
 * and by name the floating-point operations (../float). A backend adds them to its module once.
 */

import type { FloatFunctionName } from "../float/float.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature } from "../wasm/opcodes.js";

/** Each writes the code of its value, i64, from two i64 locals: parameters or others. */
export const integerHelpers = Object.freeze({
  multiplyHighUnsigned,
  multiplyHighSigned,
  multiplyHighSignedUnsigned,
  divideSigned: (code: CodeBuilder, a = 0, b = 1) => divideSigned(code, "quotient", "i64", a, b),
  remainderSigned: (code: CodeBuilder, a = 0, b = 1) =>
    divideSigned(code, "remainder", "i64", a, b),
  divideUnsigned: (code: CodeBuilder, a = 0, b = 1) =>
    divideUnsigned(code, "quotient", "i64", a, b),
  remainderUnsigned: (code: CodeBuilder, a = 0, b = 1) =>
    divideUnsigned(code, "remainder", "i64", a, b),
});

/** The divisions over words: i32 locals and result. */
export const wordHelpers = Object.freeze({
  divideSigned: (code: CodeBuilder, a: number, b: number) =>
    divideSigned(code, "quotient", "i32", a, b),
  remainderSigned: (code: CodeBuilder, a: number, b: number) =>
    divideSigned(code, "remainder", "i32", a, b),
  divideUnsigned: (code: CodeBuilder, a: number, b: number) =>
    divideUnsigned(code, "quotient", "i32", a, b),
  remainderUnsigned: (code: CodeBuilder, a: number, b: number) =>
    divideUnsigned(code, "remainder", "i32", a, b),
});
export type IntegerHelper = keyof typeof integerHelpers;

/** `csrRead`: (context, instructions left, address) → value of a CSR that may be read. */
export type HelperName = IntegerHelper | FloatFunctionName | "csrRead";

const binaryInteger: Signature = Object.freeze({
  parameters: Object.freeze(["i64", "i64"] as const),
  results: Object.freeze(["i64"] as const),
});

/** Adds the integer helpers to a module. @returns function numbers by name */
export function addIntegerHelpers(module: ModuleBuilder): Record<IntegerHelper, number> {
  const entries = Object.entries(integerHelpers).map(([name, emit]) => [
    name,
    module.addFunction(binaryInteger, (code) => emit(code), name),
  ]);
  return Object.fromEntries(entries) as Record<IntegerHelper, number>;
}

/**
 * High half of an unsigned product, from four products of 32-bit halves: with a = a1:a0 and
 * b = b1:b0 the middle sum (a1*b0 + carry of a0*b0) cannot overflow 64 bits.
 */
function multiplyHighUnsigned(code: CodeBuilder, a = 0, b = 1): void {
  const mask = 0xffff_ffff;
  const low = (local: number) => code.localGet(local).i64Const(mask).i64And();
  const high = (local: number) => code.localGet(local).i64Const(32).i64ShrU();
  const [middle, other] = [code.local("i64"), code.local("i64")];
  low(a);
  low(b).i64Mul().i64Const(32).i64ShrU();
  high(a);
  low(b).i64Mul().i64Add().localSet(middle);
  low(a);
  high(b).i64Mul();
  low(middle).i64Add().localSet(other);
  high(a);
  high(b).i64Mul();
  high(middle).i64Add();
  high(other).i64Add();
  code.release(middle, other);
}

/** mulh = mulhu - (a < 0 ? b : 0) - (b < 0 ? a : 0), modulo 2^64. */
function multiplyHighSigned(code: CodeBuilder, a = 0, b = 1): void {
  multiplyHighUnsigned(code, a, b);
  code.localGet(a).i64Const(63).i64ShrS().localGet(b).i64And().i64Sub();
  code.localGet(b).i64Const(63).i64ShrS().localGet(a).i64And().i64Sub();
}

function multiplyHighSignedUnsigned(code: CodeBuilder, a = 0, b = 1): void {
  multiplyHighUnsigned(code, a, b);
  code.localGet(a).i64Const(63).i64ShrS().localGet(b).i64And().i64Sub();
}

type Word = "i32" | "i64";
type Want = "quotient" | "remainder";

function pushConstant(code: CodeBuilder, type: Word, value: number): void {
  if (type === "i32") code.i32Const(value);
  else code.i64Const(value);
}

/** Division by zero gives -1, remainder the dividend; the lowest by -1 wraps (Unprivileged, M). */
function divideSigned(code: CodeBuilder, want: Want, type: Word, a: number, b: number): void {
  // 0 and -1 at one go: by -1 it is 0 - a, and nothing remains.
  code.localGet(b);
  pushConstant(code, type, 1);
  code[`${type}Add` as const]();
  pushConstant(code, type, 2);
  code[`${type}LtU` as const]().hint(false).if(type);
  if (want === "quotient") {
    pushConstant(code, type, -1);
    pushConstant(code, type, 0);
    code.localGet(a)[`${type}Sub` as const]();
  } else {
    code.localGet(a);
    pushConstant(code, type, 0);
  }
  code.localGet(b)[`${type}Eqz` as const]().select();
  code.else().localGet(a).localGet(b);
  if (want === "quotient") code[`${type}DivS` as const]();
  else code[`${type}RemS` as const]();
  code.end();
}

function divideUnsigned(code: CodeBuilder, want: Want, type: Word, a: number, b: number): void {
  code.localGet(b)[`${type}Eqz` as const]().hint(false).if(type);
  if (want === "quotient") pushConstant(code, type, -1);
  else code.localGet(a);
  code.else().localGet(a).localGet(b);
  if (want === "quotient") code[`${type}DivU` as const]();
  else code[`${type}RemU` as const]();
  code.end();
}
