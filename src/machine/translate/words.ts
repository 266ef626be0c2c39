/**
 * Which registers hold sign-extended words: what compilers make of C's int. Where both operands do,
 * arithmetic on their low halves gives the same, and the engine finds rotations and short encodings
 * in it.
 */

import type { Block, Step } from "./region.js";
import { stepOf } from "./region.js";

/** Instructions whose result is a sign-extended word whatever their operands are. */
const ALWAYS: ReadonlySet<string> = new Set([
  ..."addiw slliw srliw sraiw addw subw sllw srlw sraw mulw divw divuw remw remuw".split(" "),
  ..."lb lh lw lbu lhu lui slt sltu slti sltiu".split(" "),
  ..."fmv.x.w fcvt.w.s fcvt.wu.s fcvt.w.d fcvt.wu.d feq.s flt.s fle.s feq.d flt.d fle.d".split(" "),
  ..."lr.w sc.w sc.d amoswap.w amoadd.w amoxor.w amoand.w amoor.w".split(" "),
  ..."amomin.w amomax.w amominu.w amomaxu.w".split(" "),
]);
/** Of which it is if all operands are. */
const IF_OPERANDS_ARE: ReadonlySet<string> = new Set([
  "and",
  "or",
  "xor",
  "ori",
  "xori",
  "andi",
  "srai",
]);

const has = (words: number, register: number): boolean => ((words >>> register) & 1) !== 0;

/** Whether all integer operands of an instruction hold words. */
export function hasWordOperands({ reads }: Step, words: number): boolean {
  return (reads.x & ~words) === 0;
}

function isWord(step: Step, words: number): boolean {
  const { row, operands } = step;
  if (ALWAYS.has(row.name)) return true;
  if (row.name === "addi") {
    return operands.rs1 === 0 || (operands.imm === 0 && has(words, operands.rs1));
  }
  if (row.name === "andi" && operands.imm >= 0) return true;
  if (row.name === "srli") return operands.imm > 32;
  if (row.name === "srai" && operands.imm >= 32) return true;
  if (row.name === "add") {
    if (operands.rs1 === 0) return has(words, operands.rs2);
    return operands.rs2 === 0 && has(words, operands.rs1);
  }
  return IF_OPERANDS_ARE.has(row.name) && hasWordOperands(step, words);
}

/** The words among the integer registers behind an instruction. */
export function wordsBehind(step: Step, words: number): number {
  const { rd } = step.operands;
  if (step.writes.x === 0) return words;
  return isWord(step, words) ? words | (1 << rd) : words & ~(1 << rd);
}

/** The words among the integer registers behind a block. */
export function wordsAfter({ steps, ending }: Block, words: number): number {
  let known = words;
  for (const step of steps) known = wordsBehind(step, known);
  const last = stepOf(ending);
  return last === undefined ? known : wordsBehind(last, known);
}
