/**
 * The F and D extensions (Unprivileged 20 and 21). Registers hold 64 bits; a single is boxed in
 * ones. The arithmetic is exact and is done by the functions of ../float over register bits.
 */

import type { FloatFunctionName } from "../float/float.js";
import { boxMask } from "../float/format.js";
import type { Emitter, FloatComputation, Source } from "./emitter.js";
import { type Instruction, instruction } from "./instruction.js";

type Semantics = (emit: Emitter) => void;
type Operand = Source | "x1";
type Computation = Omit<FloatComputation, "name">;

const compute =
  (name: FloatFunctionName, computation: Computation): Semantics =>
  (emit) =>
    emit.float({ name, ...computation });

const rounded = (...from: Operand[]): Computation => ({ from, to: "f", with: "rounding" });
const flagged = (to: "f" | "x"): Computation => ({ from: ["rs1", "rs2"], to, with: "flags" });
const sign: Readonly<Computation> = { from: ["rs1", "rs2"], to: "f", with: "nothing" };
const classify: Readonly<Computation> = { from: ["rs1"], to: "x", with: "nothing" };
const toInteger: Readonly<Computation> = { from: ["rs1"], to: "x", with: "rounding" };
const one: Readonly<Computation> = rounded("rs1");
const two: Readonly<Computation> = rounded("rs1", "rs2");
const three: Readonly<Computation> = rounded("rs1", "rs2", "rs3");
const fromInteger: Readonly<Computation> = rounded("x1");

/** `#` is the two bits of the format in the pattern; names get the suffix in place of `#`. */
const computations: readonly (readonly [string, string, string, Computation])[] = [
  ["fmadd.#", "fs3 # fs2 fs1 rm fd 1000011", "MultiplyAdd", three],
  ["fmsub.#", "fs3 # fs2 fs1 rm fd 1000111", "MultiplySubtract", three],
  ["fnmsub.#", "fs3 # fs2 fs1 rm fd 1001011", "NegatedMultiplySubtract", three],
  ["fnmadd.#", "fs3 # fs2 fs1 rm fd 1001111", "NegatedMultiplyAdd", three],
  ["fadd.#", "00000 # fs2 fs1 rm fd 1010011", "Add", two],
  ["fsub.#", "00001 # fs2 fs1 rm fd 1010011", "Sub", two],
  ["fmul.#", "00010 # fs2 fs1 rm fd 1010011", "Mul", two],
  ["fdiv.#", "00011 # fs2 fs1 rm fd 1010011", "Div", two],
  ["fsqrt.#", "01011 # 00000 fs1 rm fd 1010011", "Sqrt", one],
  ["fsgnj.#", "00100 # fs2 fs1 000 fd 1010011", "SignCopy", sign],
  ["fsgnjn.#", "00100 # fs2 fs1 001 fd 1010011", "SignNegate", sign],
  ["fsgnjx.#", "00100 # fs2 fs1 010 fd 1010011", "SignXor", sign],
  ["fmin.#", "00101 # fs2 fs1 000 fd 1010011", "Min", flagged("f")],
  ["fmax.#", "00101 # fs2 fs1 001 fd 1010011", "Max", flagged("f")],
  ["feq.#", "10100 # fs2 fs1 010 rd 1010011", "Eq", flagged("x")],
  ["flt.#", "10100 # fs2 fs1 001 rd 1010011", "Lt", flagged("x")],
  ["fle.#", "10100 # fs2 fs1 000 rd 1010011", "Le", flagged("x")],
  ["fclass.#", "11100 # 00000 fs1 001 rd 1010011", "Classify", classify],
  ["fcvt.w.#", "11000 # 00000 fs1 rm rd 1010011", "ToW", toInteger],
  ["fcvt.wu.#", "11000 # 00001 fs1 rm rd 1010011", "ToWu", toInteger],
  ["fcvt.l.#", "11000 # 00010 fs1 rm rd 1010011", "ToL", toInteger],
  ["fcvt.lu.#", "11000 # 00011 fs1 rm rd 1010011", "ToLu", toInteger],
  ["fcvt.#.w", "11010 # 00000 rs1 rm fd 1010011", "FromW", fromInteger],
  ["fcvt.#.wu", "11010 # 00001 rs1 rm fd 1010011", "FromWu", fromInteger],
  ["fcvt.#.l", "11010 # 00010 rs1 rm fd 1010011", "FromL", fromInteger],
  ["fcvt.#.lu", "11010 # 00011 rs1 rm fd 1010011", "FromLu", fromInteger],
];

function ofFormat(extension: "F" | "D"): Instruction[] {
  const [suffix, code, format] = extension === "F" ? ["s", "00", "f32"] : ["d", "01", "f64"];
  return computations.map(([name, pattern, operation, computation]) =>
    instruction(name.replace("#", suffix), pattern.replace("#", code), {
      extension,
      semantics: compute(`${format}${operation}` as FloatFunctionName, computation),
    }),
  );
}

/** A word becomes a boxed single. */
function box(emit: Emitter): void {
  emit.code.i64Const(boxMask).i64Or();
}

const single = (name: string, pattern: string, semantics: Semantics): Instruction =>
  instruction(name, pattern, { extension: "F", semantics });
const double = (name: string, pattern: string, semantics: Semantics): Instruction =>
  instruction(name, pattern, { extension: "D", semantics });

/** Loads, stores and moves do not look at the value: they carry any bits. */
const moves: readonly Instruction[] = [
  single("flw", "imm[11:0] rs1 010 fd 0000111", (emit) => emit.loadF("w")),
  single("fsw", "imm[11:5] fs2 rs1 010 imm[4:0] 0100111", (emit) => emit.storeF("w")),
  single("fmv.x.w", "1110000 00000 fs1 000 rd 1010011", (emit) =>
    emit.writeX(() => {
      emit.readF("rs1");
      emit.code.i64Extend32S();
    }),
  ),
  single("fmv.w.x", "1111000 00000 rs1 000 fd 1010011", (emit) =>
    emit.writeF(() => {
      emit.readX("rs1");
      box(emit);
    }),
  ),
  double("fld", "imm[11:0] rs1 011 fd 0000111", (emit) => emit.loadF("d")),
  double("fsd", "imm[11:5] fs2 rs1 011 imm[4:0] 0100111", (emit) => emit.storeF("d")),
  double("fmv.x.d", "1110001 00000 fs1 000 rd 1010011", (emit) =>
    emit.writeX(() => emit.readF("rs1")),
  ),
  double("fmv.d.x", "1111001 00000 rs1 000 fd 1010011", (emit) =>
    emit.writeF(() => emit.readX("rs1")),
  ),
  double("fcvt.s.d", "0100000 00001 fs1 rm fd 1010011", compute("f32Convert", one)),
  double("fcvt.d.s", "0100001 00000 fs1 rm fd 1010011", compute("f64Convert", one)),
];

export const floatInstructions: readonly Instruction[] = Object.freeze([
  ...moves,
  ...ofFormat("F"),
  ...ofFormat("D"),
]);
