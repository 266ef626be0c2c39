/**
 * Decoder: a 16- or 32-bit instruction word to its row of the table and its operands.
 */

import type { Instruction, OperandName, Operands } from "./instruction.js";
import { instructionNamed, instructions } from "./table.js";

/** Operands that are all zero, to be filled by `decode`. */
export function emptyOperands(): Operands {
  return { rd: 0, rs1: 0, rs2: 0, rs3: 0, rm: 0, imm: 0 };
}

/** Bytes of the instruction that starts with these 16 bits (Unprivileged 1.5). */
export function instructionLength(lowHalf: number): 2 | 4 {
  return (lowHalf & 3) === 3 ? 4 : 2;
}

/** Buckets: compressed by quadrant and funct3, others by major opcode and funct3. */
function bucketOf(word: number): number {
  if ((word & 3) !== 3) return ((word & 3) << 3) | ((word >>> 13) & 7);
  return 32 + (((word >>> 2) & 31) << 3) + ((word >>> 12) & 7);
}

/** Every row goes to each bucket that a word of it can have. */
function buildBuckets(): readonly (readonly Instruction[])[] {
  const buckets: Instruction[][] = Array.from({ length: 32 + 256 }, () => []);
  for (const row of instructions) {
    const funct3At = row.lengthBytes === 2 ? 13 : 12;
    const seen = new Set<number>();
    for (let funct3 = 0; funct3 < 8; funct3++) {
      const word = row.match | ((funct3 << funct3At) & ~row.mask);
      seen.add(bucketOf(word));
    }
    for (const bucket of seen) buckets[bucket]?.push(row);
  }
  return Object.freeze(buckets.map((bucket) => Object.freeze(bucket)));
}
const buckets = buildBuckets();

function signExtend(value: number, signBit: number): number {
  const shift = 31 - signBit;
  return (value << shift) >> shift;
}

/** One pass for all operands, without access by name: programs are decoded while they start. */
function extract(row: Instruction, word: number, operands: Operands): void {
  let [rd, rs1, rs2, rs3, rm, imm] = [0, 0, 0, 0, 0, 0];
  for (const { operand, position, widthBits, toBit } of row.fields) {
    const bits = ((word >>> position) & ((1 << widthBits) - 1)) << toBit;
    if (operand === "imm") imm |= bits;
    else if (operand === "rd") rd |= bits;
    else if (operand === "rs1") rs1 |= bits;
    else if (operand === "rs2") rs2 |= bits;
    else if (operand === "rs3") rs3 |= bits;
    else rm |= bits;
  }
  operands.rd = rd;
  operands.rs1 = rs1;
  operands.rs2 = rs2;
  operands.rs3 = rs3;
  operands.rm = rm;
  operands.imm = row.immediateSignBit >= 0 ? signExtend(imm, row.immediateSignBit) : imm;
  for (const name of row.shortRegisters) operands[name] += 8;
}

function hasZero(names: readonly OperandName[], operands: Operands): boolean {
  for (const name of names) if (operands[name] === 0) return true;
  return false;
}

/**
 * Decodes one instruction word, compressed ones to their own row.
 * @param word 16 or 32 bits; of a compressed instruction the upper half is ignored
 * @param operands is filled in
 * @returns the row, or undefined: illegal instruction
 */
export function decode(word: number, operands: Operands): Instruction | undefined {
  for (const row of buckets[bucketOf(word)] ?? []) {
    const bits = row.lengthBytes === 2 ? word & 0xffff : word;
    if ((bits & row.mask) >>> 0 !== row.match) continue;
    extract(row, bits, operands);
    if (!hasZero(row.nonZero, operands)) return row;
  }
  return undefined;
}

/**
 * Decodes one instruction word; compressed ones become the base instruction that they expand to.
 * The length is then that of the word, not of the returned row.
 */
export function decodeExpanded(word: number, operands: Operands): Instruction | undefined {
  const row = decode(word, operands);
  if (row?.expansion === undefined) return row;
  const expansion = expansions.get(row);
  if (expansion === undefined) return undefined;
  for (const [to, from] of expansion.copies) operands[to] = operands[from];
  for (const [to, value] of expansion.fixed) operands[to] = value;
  return expansion.base;
}

interface KnownExpansion {
  readonly base: Instruction;
  readonly copies: readonly (readonly [to: OperandName, from: OperandName])[];
  readonly fixed: readonly (readonly [to: OperandName, value: number])[];
}

const expansions: ReadonlyMap<Instruction, KnownExpansion> = new Map(
  instructions.flatMap((row) => {
    if (row.expansion === undefined) return [];
    const { name, copies, fixed } = row.expansion;
    const entries = Object.entries(fixed) as [OperandName, number][];
    return [[row, { base: instructionNamed(name), copies, fixed: entries }] as const];
  }),
);
