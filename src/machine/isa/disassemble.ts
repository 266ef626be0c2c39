/**
 * Disassembler: an instruction word to the text an assembler takes, without pseudo-instructions.
 */

import { csrs } from "./csr.js";
import { decode, emptyOperands } from "./decode.js";
import type { Instruction, OperandSyntax, Operands } from "./instruction.js";
import { floatNames, integerNames, roundingNames } from "./registers.js";

/**
 * @param word 16 or 32 bits; of a compressed instruction the upper half is ignored
 * @param address of the instruction; with it targets of jumps are written as addresses
 * @returns for example "addi a0, sp, 16", or ".4byte 0x…" for what is no instruction
 */
export function disassemble(word: number, address?: number): string {
  const operands = emptyOperands();
  const row = decode(word, operands);
  if (row === undefined) {
    const isShort = (word & 3) !== 3;
    const bits = isShort ? word & 0xffff : word >>> 0;
    return `${isShort ? ".2byte" : ".4byte"} 0x${bits.toString(16)}`;
  }
  const texts = assemblyOrder(row).map((syntax) => operandText(row, operands, syntax, address));
  return foldAddress(row, operands, [row.name, ...texts]);
}

/** Destination first, then sources, immediate, rounding mode: the order of assembly. */
function assemblyOrder(row: Instruction): OperandSyntax[] {
  const rank = { rd: 0, rs1: 1, rs2: 2, rs3: 3, imm: 4, rm: 5 };
  const order = [...row.syntax].sort((a, b) => rank[a.operand] - rank[b.operand]);
  // csrrw rd, csr, rs1
  const csr = order.findIndex(({ kind }) => kind === "csr");
  if (csr >= 0) order.splice(1, 0, ...order.splice(csr, 1));
  return order;
}

function operandText(
  row: Instruction,
  operands: Operands,
  { operand, kind }: OperandSyntax,
  address: number | undefined,
): string {
  const value = operands[operand];
  switch (kind) {
    case "x":
      return integerNames[value] ?? `x${value}`;
    case "f":
      return floatNames[value] ?? `f${value}`;
    case "rm":
      return roundingNames[value] ?? String(value);
    case "csr":
      return csrs.find((csr) => csr.address === value)?.name ?? `0x${value.toString(16)}`;
    case "imm":
      if (isRelative(row) && address !== undefined) return `0x${(address + value).toString(16)}`;
      return isUpper(row) ? `0x${(value >>> 12).toString(16)}` : String(value);
    default:
      return String(value);
  }
}

function isRelative(row: Instruction): boolean {
  const base = row.expansion?.name ?? row.name;
  return /^(jal|beq|bne|blt|bge|bltu|bgeu)$/.test(base);
}

function isUpper(row: Instruction): boolean {
  return /^(lui|auipc|c\.lui)$/.test(row.name);
}

/** Loads and stores: `ld rd, imm(rs1)`, atomics: `lr.w rd, (rs1)`. */
function foldAddress(row: Instruction, operands: Operands, parts: string[]): string {
  const [name = "", ...texts] = parts;
  const base = row.expansion?.name ?? row.name;
  const isAccess = /^(l[bhwd]u?|s[bhwd]|fl[wd]|fs[wd])$/.test(base);
  const isAtomic = row.extension === "A";
  if (!isAccess && !isAtomic && base !== "jalr") return joined(name, texts);
  const pointer = integerNames[row.expansion?.fixed.rs1 ?? operands.rs1] ?? "";
  const offset = isAtomic || (base === "jalr" && row.expansion !== undefined) ? "" : operands.imm;
  const rest = assemblyOrder(row)
    .filter(({ operand }) => operand !== "rs1" && operand !== "imm")
    .map((syntax) => operandText(row, operands, syntax, undefined));
  if (base === "jalr" && row.expansion !== undefined) return joined(name, [pointer]);
  return joined(name, [...rest, `${offset}(${pointer})`]);
}

function joined(name: string, texts: readonly string[]): string {
  return texts.length === 0 ? name : `${name} ${texts.join(", ")}`;
}
