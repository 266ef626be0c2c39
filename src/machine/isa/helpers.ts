/**
 * Functions that the semantics of instructions share: integer arithmetic that WebAssembly lacks,
 * and by name the floating-point operations (../float). A backend adds them to its module once.
 */

import type { FloatFunctionName } from "../float/float.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Signature } from "../wasm/opcodes.js";

export const integerHelpers = Object.freeze({
  multiplyHighUnsigned,
  multiplyHighSigned,
  multiplyHighSignedUnsigned,
  divideSigned: (code: CodeBuilder) => divideSigned(code, "quotient"),
  remainderSigned: (code: CodeBuilder) => divideSigned(code, "remainder"),
  divideUnsigned: (code: CodeBuilder) => divideUnsigned(code, "quotient"),
  remainderUnsigned: (code: CodeBuilder) => divideUnsigned(code, "remainder"),
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
  const entries = Object.entries(integerHelpers).map(([name, body]) => [
    name,
    module.addFunction(binaryInteger, body, name),
  ]);
  return Object.fromEntries(entries) as Record<IntegerHelper, number>;
}

/**
 * High half of an unsigned product, from four products of 32-bit halves: with a = a1:a0 and
 * b = b1:b0 the middle sum (a1*b0 + carry of a0*b0) cannot overflow 64 bits.
 */
function multiplyHighUnsigned(code: CodeBuilder): void {
  const [a, b] = [0, 1];
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
}

/** mulh = mulhu - (a < 0 ? b : 0) - (b < 0 ? a : 0), modulo 2^64. */
function multiplyHighSigned(code: CodeBuilder): void {
  multiplyHighUnsigned(code);
  code.localGet(0).i64Const(63).i64ShrS().localGet(1).i64And().i64Sub();
  code.localGet(1).i64Const(63).i64ShrS().localGet(0).i64And().i64Sub();
}

function multiplyHighSignedUnsigned(code: CodeBuilder): void {
  multiplyHighUnsigned(code);
  code.localGet(0).i64Const(63).i64ShrS().localGet(1).i64And().i64Sub();
}

/** Division by zero gives -1, remainder the dividend; -2^63 / -1 wraps (Unprivileged, M). */
function divideSigned(code: CodeBuilder, want: "quotient" | "remainder"): void {
  const [dividend, divisor] = [0, 1];
  code.localGet(divisor).i64Eqz().if("i64");
  if (want === "quotient") code.i64Const(-1);
  else code.localGet(dividend);
  code.else().localGet(divisor).i64Const(-1).i64Eq().if("i64");
  if (want === "quotient") code.i64Const(0).localGet(dividend).i64Sub();
  else code.i64Const(0);
  code.else().localGet(dividend).localGet(divisor);
  if (want === "quotient") code.i64DivS();
  else code.i64RemS();
  code.end().end();
}

function divideUnsigned(code: CodeBuilder, want: "quotient" | "remainder"): void {
  const [dividend, divisor] = [0, 1];
  code.localGet(divisor).i64Eqz().if("i64");
  if (want === "quotient") code.i64Const(-1);
  else code.localGet(dividend);
  code.else().localGet(dividend).localGet(divisor);
  if (want === "quotient") code.i64DivU();
  else code.i64RemU();
  code.end();
}
