/** The float functions of src/machine/float beside the instructions that they stand for. */

import type { FloatFunctionName } from "../../src/machine/float/float.js";

/** What registers hold: a double, a boxed single, or an integer. */
export type Kind = "d" | "s" | "x";

export interface Operation {
  readonly name: FloatFunctionName;
  readonly mnemonic: string;
  readonly from: readonly Kind[];
  readonly to: Kind;
  /** Parameters behind the operands. */
  readonly with: "rounding" | "flags" | "nothing";
}

type Row = readonly [string, string, number, "f" | "x", "f" | "x", Operation["with"]];

/** Name, mnemonic, number of operands, where they are, where the result is, what follows. */
const rows: readonly Row[] = [
  ["Add", "fadd.#", 2, "f", "f", "rounding"],
  ["Sub", "fsub.#", 2, "f", "f", "rounding"],
  ["Mul", "fmul.#", 2, "f", "f", "rounding"],
  ["Div", "fdiv.#", 2, "f", "f", "rounding"],
  ["Sqrt", "fsqrt.#", 1, "f", "f", "rounding"],
  ["MultiplyAdd", "fmadd.#", 3, "f", "f", "rounding"],
  ["MultiplySubtract", "fmsub.#", 3, "f", "f", "rounding"],
  ["NegatedMultiplySubtract", "fnmsub.#", 3, "f", "f", "rounding"],
  ["NegatedMultiplyAdd", "fnmadd.#", 3, "f", "f", "rounding"],
  ["Min", "fmin.#", 2, "f", "f", "flags"],
  ["Max", "fmax.#", 2, "f", "f", "flags"],
  ["Eq", "feq.#", 2, "f", "x", "flags"],
  ["Lt", "flt.#", 2, "f", "x", "flags"],
  ["Le", "fle.#", 2, "f", "x", "flags"],
  ["Classify", "fclass.#", 1, "f", "x", "nothing"],
  ["SignCopy", "fsgnj.#", 2, "f", "f", "nothing"],
  ["SignNegate", "fsgnjn.#", 2, "f", "f", "nothing"],
  ["SignXor", "fsgnjx.#", 2, "f", "f", "nothing"],
  ["ToW", "fcvt.w.#", 1, "f", "x", "rounding"],
  ["ToWu", "fcvt.wu.#", 1, "f", "x", "rounding"],
  ["ToL", "fcvt.l.#", 1, "f", "x", "rounding"],
  ["ToLu", "fcvt.lu.#", 1, "f", "x", "rounding"],
  ["FromW", "fcvt.#.w", 1, "x", "f", "rounding"],
  ["FromWu", "fcvt.#.wu", 1, "x", "f", "rounding"],
  ["FromL", "fcvt.#.l", 1, "x", "f", "rounding"],
  ["FromLu", "fcvt.#.lu", 1, "x", "f", "rounding"],
];

function ofFormat(format: "f32" | "f64"): Operation[] {
  const kind: Kind = format === "f32" ? "s" : "d";
  return rows.map(([name, mnemonic, count, from, to, extra]) => ({
    name: `${format}${name}` as FloatFunctionName,
    mnemonic: mnemonic.replace("#", kind),
    from: Array.from({ length: count }, () => (from === "x" ? "x" : kind)),
    to: to === "x" ? "x" : kind,
    with: extra,
  }));
}

export const operations: readonly Operation[] = [
  ...ofFormat("f32"),
  ...ofFormat("f64"),
  { name: "f32Convert", mnemonic: "fcvt.s.d", from: ["d"], to: "s", with: "rounding" },
  { name: "f64Convert", mnemonic: "fcvt.d.s", from: ["s"], to: "d", with: "rounding" },
];
