/**
 * The instruction table: RV64GC with the privileged instructions, all rows in one list. Decoder,
 * encoder, disassembler, interpreter, translator, docs and tests come from it.
 *
 * The parts: table-integer.ts (I, M, fences), table-atomic.ts (A), table-float.ts (F, D),
 * table-system.ts (Zicsr, privileged), table-compressed.ts (C).
 */

import type { Instruction } from "./instruction.js";
import { atomicInstructions } from "./table-atomic.js";
import { compressedInstructions } from "./table-compressed.js";
import { floatInstructions } from "./table-float.js";
import { integerInstructions } from "./table-integer.js";
import { systemInstructions } from "./table-system.js";

/** Every row; where two compressed rows match a word, the first one counts. */
export const instructions: readonly Instruction[] = Object.freeze([
  ...integerInstructions,
  ...atomicInstructions,
  ...floatInstructions,
  ...systemInstructions,
  ...compressedInstructions,
]);

const byName: ReadonlyMap<string, Instruction> = new Map(
  instructions.map((row) => [row.name, row]),
);

/** The row with this name. @throws when there is none */
export function instructionNamed(name: string): Instruction {
  const row = byName.get(name);
  if (row === undefined) throw new Error(`no instruction is called ${name}`);
  return row;
}
