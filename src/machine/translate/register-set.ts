/** Sets of registers, integer and floating-point, as bits: what the data flow works on. */

import type { Instruction, Operands } from "../isa/instruction.js";

/** Bit n of `x` is register xn; x0 is in no set. */
export interface RegisterSet {
  readonly x: number;
  readonly f: number;
}

export const NO_REGISTERS: RegisterSet = Object.freeze({ x: 0, f: 0 });

/** What is in either. */
export const union = (a: RegisterSet, b: RegisterSet): RegisterSet => ({
  x: a.x | b.x,
  f: a.f | b.f,
});

/** What is in `a` and not in `b`. */
export const without = (a: RegisterSet, b: RegisterSet): RegisterSet => ({
  x: a.x & ~b.x,
  f: a.f & ~b.f,
});

/** Whether both have the same registers. */
export const isSame = (a: RegisterSet, b: RegisterSet): boolean => a.x === b.x && a.f === b.f;

/** Whether it has none. */
export const isEmpty = ({ x, f }: RegisterSet): boolean => (x | f) === 0;

/** The numbers of the registers in 32 bits. */
export function numbersOf(bits: number): number[] {
  const found: number[] = [];
  for (let register = 0; register < 32; register++) {
    if (((bits >>> register) & 1) !== 0) found.push(register);
  }
  return found;
}

/** Registers that an instruction reads, and those that it writes. */
export function registersOf(
  row: Instruction,
  operands: Operands,
): { reads: RegisterSet; writes: RegisterSet } {
  const reads = { x: 0, f: 0 };
  const writes = { x: 0, f: 0 };
  for (const { operand, kind } of row.syntax) {
    if (kind !== "x" && kind !== "f") continue;
    const register = operands[operand];
    if (kind === "x" && register === 0) continue;
    if (operand === "rd") writes[kind] |= 1 << register;
    else reads[kind] |= 1 << register;
  }
  return { reads, writes };
}
