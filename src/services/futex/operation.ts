/** FUTEX_WAKE_OP's encoded operation (futex(2)): what becomes of a word, and how it compares. */
import * as abi from "../../abi/futex.js";

/** A signed field of 12 bits. */
const signed12 = (bits: number): number => (bits << 20) >> 20;

/** The operand: a number, or 1 shifted by it. */
export function operandOf(encoded: number): number {
  const operand = signed12(encoded >>> 12);
  return ((encoded >>> 28) & abi.FUTEX_OP_OPARG_SHIFT) !== 0 ? 1 << (operand & 31) : operand;
}

/** @returns the new word, or undefined: no such operation */
export function change(old: number, operation: number, operand: number): number | undefined {
  switch (operation) {
    case abi.FUTEX_OP_SET:
      return operand;
    case abi.FUTEX_OP_ADD:
      return (old + operand) | 0;
    case abi.FUTEX_OP_OR:
      return old | operand;
    case abi.FUTEX_OP_ANDN:
      return old & ~operand;
    case abi.FUTEX_OP_XOR:
      return old ^ operand;
    default:
      return undefined;
  }
}

/** @returns whether the second futex is woken too, or undefined: no such comparison */
export function compareOld(old: number, encoded: number): boolean | undefined {
  const operand = signed12(encoded);
  switch ((encoded >>> 24) & 15) {
    case abi.FUTEX_OP_CMP_EQ:
      return old === operand;
    case abi.FUTEX_OP_CMP_NE:
      return old !== operand;
    case abi.FUTEX_OP_CMP_LT:
      return old < operand;
    case abi.FUTEX_OP_CMP_LE:
      return old <= operand;
    case abi.FUTEX_OP_CMP_GT:
      return old > operand;
    case abi.FUTEX_OP_CMP_GE:
      return old >= operand;
    default:
      return undefined;
  }
}
