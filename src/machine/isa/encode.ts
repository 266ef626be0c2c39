/**
 * Encoder: a row of the table and its operands to an instruction word, and words to bytes.
 */

import type { Field, Instruction, OperandName, Operands } from "./instruction.js";
import { instructionNamed } from "./table.js";

/**
 * Encodes one instruction.
 * @param name as in the table, for example "addi" or "c.ld"
 * @param operands those that the row has; the others are ignored, missing ones are 0. Registers
 *   are numbers 0..31, `imm` is the value that the instruction means (a byte offset, for lui the
 *   value with its low 12 bits zero), of CSR instructions the CSR's address
 * @returns the word, unsigned: 16 bits for compressed instructions, else 32
 * @throws when an operand does not fit its field
 */
export function encode(name: string, operands: Readonly<Partial<Operands>> = {}): number {
  const row = instructionNamed(name);
  let word = row.match;
  for (const field of row.fields) {
    const bits = (operandBits(row, field.operand, operands) >>> field.toBit) & ones(field);
    word = (word | (bits << field.position)) >>> 0;
  }
  checkRange(row, operands);
  return word;
}

/** Instruction words as little-endian bytes, two for a compressed one, else four. */
export function toBytes(words: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const word of words) {
    bytes.push(word & 255, (word >>> 8) & 255);
    if ((word & 3) === 3) bytes.push((word >>> 16) & 255, word >>> 24);
  }
  return Uint8Array.from(bytes);
}

function ones(field: Field): number {
  return 2 ** field.widthBits - 1;
}

function operandBits(
  row: Instruction,
  name: OperandName,
  operands: Readonly<Partial<Operands>>,
): number {
  const value = operands[name] ?? 0;
  return row.shortRegisters.includes(name) ? value - 8 : value;
}

/** What the fields hold, read back, must be what was asked for. */
function checkRange(row: Instruction, operands: Readonly<Partial<Operands>>): void {
  for (const name of new Set(row.fields.map(({ operand }) => operand))) {
    const wanted = operandBits(row, name, operands) | 0;
    let held = 0;
    for (const field of row.fields) {
      if (field.operand === name) held |= wanted & (ones(field) << field.toBit);
    }
    if (name === "imm" && row.immediateSignBit >= 0) {
      const shift = 31 - row.immediateSignBit;
      held = (held << shift) >> shift;
    }
    if (held !== wanted) {
      throw new Error(`${row.name}: ${name} = ${operands[name]} does not fit`);
    }
  }
  for (const name of row.nonZero) {
    if ((operands[name] ?? 0) === 0) throw new Error(`${row.name}: ${name} must not be zero`);
  }
}
