/**
 * The A extension: LR/SC and AMOs on words and doublewords. The aq and rl bits are ignored: with
 * one hart every access is in order already.
 */

import type { AtomicWidth, Emitter } from "./emitter.js";
import { type Instruction, instruction } from "./instruction.js";

/** Writes the new value, given the local that holds the old one. */
type Combine = (emit: Emitter, oldLocal: number, width: AtomicWidth) => void;

const withOperand =
  (operation: "i64Add" | "i64Xor" | "i64And" | "i64Or"): Combine =>
  (emit, oldLocal) => {
    emit.code.localGet(oldLocal);
    emit.readX("rs2");
    emit.code[operation]();
  };

/**
 * Keeps the old value if `operation` holds for (old, operand). Words are compared as words: both
 * extended the same way, which the low half of the result does not see.
 */
const select =
  (operation: "i64LtS" | "i64GtS" | "i64LtU" | "i64GtU"): Combine =>
  (emit, oldLocal, width) => {
    const operand = () => {
      if (width === "d") emit.readX("rs2");
      else {
        emit.readWord("rs2");
        emit.code.i64ExtendI32S();
      }
    };
    emit.code.localGet(oldLocal);
    operand();
    emit.code.localGet(oldLocal);
    operand();
    emit.code[operation]().select();
  };

const operations: readonly (readonly [string, string, Combine])[] = [
  ["amoswap", "00001", (emit) => emit.readX("rs2")],
  ["amoadd", "00000", withOperand("i64Add")],
  ["amoxor", "00100", withOperand("i64Xor")],
  ["amoand", "01100", withOperand("i64And")],
  ["amoor", "01000", withOperand("i64Or")],
  ["amomin", "10000", select("i64LtS")],
  ["amomax", "10100", select("i64GtS")],
  ["amominu", "11000", select("i64LtU")],
  ["amomaxu", "11100", select("i64GtU")],
];

function ofWidth(width: AtomicWidth): Instruction[] {
  const size = width === "w" ? "010" : "011";
  const row = (name: string, pattern: string, semantics: (emit: Emitter) => void) =>
    instruction(`${name}.${width}`, pattern, { extension: "A", semantics });
  return [
    row("lr", `00010 -2 00000 rs1 ${size} rd 0101111`, (emit) => emit.loadReserved(width)),
    row("sc", `00011 -2 rs2 rs1 ${size} rd 0101111`, (emit) => emit.storeConditional(width)),
    ...operations.map(([name, code, combine]) =>
      row(name, `${code} -2 rs2 rs1 ${size} rd 0101111`, (emit) =>
        emit.atomic(width, (oldLocal) => combine(emit, oldLocal, width)),
      ),
    ),
  ];
}

export const atomicInstructions: readonly Instruction[] = Object.freeze([
  ...ofWidth("w"),
  ...ofWidth("d"),
]);
