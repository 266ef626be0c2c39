/**
 * The C extension for RV64GC (Unprivileged, "C" chapter, tables 26.x): each row is the base
 * instruction that it expands to. A row whose `nonZero` operand is zero does not match: that
 * encoding belongs to a later row or is reserved.
 */

import type { Operands } from "./instruction.js";
import { type Expansion, type Instruction, instruction, type OperandName } from "./instruction.js";

type Copies = readonly (readonly [to: OperandName, from: OperandName])[];
const RD_IS_RS1: Copies = [["rs1", "rd"]] as const;
const SP = 2;

function row(
  name: string,
  pattern: string,
  base: string,
  fixed: Partial<Operands> = {},
  copies: Copies = [],
  nonZero: readonly OperandName[] = [],
): Instruction {
  const expansion: Expansion = Object.freeze({ name: base, fixed, copies });
  return instruction(name, pattern, { extension: "C", expansion, nonZero });
}

const quadrant0: readonly Instruction[] = [
  row("c.addi4spn", "000 uimm[5:4|9:6|2|3] rd' 00", "addi", { rs1: SP }, [], ["imm"]),
  row("c.fld", "001 uimm[5:3] rs1' uimm[7:6] fd' 00", "fld"),
  row("c.lw", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "lw"),
  row("c.ld", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "ld"),
  row("c.fsd", "101 uimm[5:3] rs1' uimm[7:6] fs2' 00", "fsd"),
  row("c.sw", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "sw"),
  row("c.sd", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "sd"),
];

const quadrant1: readonly Instruction[] = [
  row("c.nop", "000 imm[5] 00000 imm[4:0] 01", "addi", { rd: 0, rs1: 0 }),
  row("c.addi", "000 imm[5] rd/rs1 imm[4:0] 01", "addi", {}, RD_IS_RS1),
  row("c.addiw", "001 imm[5] rd/rs1 imm[4:0] 01", "addiw", {}, RD_IS_RS1, ["rd"]),
  row("c.li", "010 imm[5] rd imm[4:0] 01", "addi", { rs1: 0 }),
  row("c.addi16sp", "011 imm[9] 00010 imm[4|6|8:7|5] 01", "addi", { rd: SP, rs1: SP }, [], ["imm"]),
  row("c.lui", "011 imm[17] rd imm[16:12] 01", "lui", {}, [], ["imm"]),
  row("c.srli", "100 uimm[5] 00 rd/rs1' uimm[4:0] 01", "srli", {}, RD_IS_RS1),
  row("c.srai", "100 uimm[5] 01 rd/rs1' uimm[4:0] 01", "srai", {}, RD_IS_RS1),
  row("c.andi", "100 imm[5] 10 rd/rs1' imm[4:0] 01", "andi", {}, RD_IS_RS1),
  row("c.sub", "100011 rd/rs1' 00 rs2' 01", "sub", {}, RD_IS_RS1),
  row("c.xor", "100011 rd/rs1' 01 rs2' 01", "xor", {}, RD_IS_RS1),
  row("c.or", "100011 rd/rs1' 10 rs2' 01", "or", {}, RD_IS_RS1),
  row("c.and", "100011 rd/rs1' 11 rs2' 01", "and", {}, RD_IS_RS1),
  row("c.subw", "100111 rd/rs1' 00 rs2' 01", "subw", {}, RD_IS_RS1),
  row("c.addw", "100111 rd/rs1' 01 rs2' 01", "addw", {}, RD_IS_RS1),
  row("c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "jal", { rd: 0 }),
  row("c.beqz", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "beq", { rs2: 0 }),
  row("c.bnez", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "bne", { rs2: 0 }),
];

const quadrant2: readonly Instruction[] = [
  row("c.slli", "000 uimm[5] rd/rs1 uimm[4:0] 10", "slli", {}, RD_IS_RS1),
  row("c.fldsp", "001 uimm[5] fd uimm[4:3|8:6] 10", "fld", { rs1: SP }),
  row("c.lwsp", "010 uimm[5] rd uimm[4:2|7:6] 10", "lw", { rs1: SP }, [], ["rd"]),
  row("c.ldsp", "011 uimm[5] rd uimm[4:3|8:6] 10", "ld", { rs1: SP }, [], ["rd"]),
  row("c.jr", "1000 rs1 00000 10", "jalr", { rd: 0, imm: 0 }, [], ["rs1"]),
  row("c.mv", "1000 rd rs2 10", "add", { rs1: 0 }, [], ["rs2"]),
  row("c.ebreak", "1001000000000010", "ebreak"),
  row("c.jalr", "1001 rs1 00000 10", "jalr", { rd: 1, imm: 0 }, [], ["rs1"]),
  row("c.add", "1001 rd/rs1 rs2 10", "add", {}, RD_IS_RS1, ["rs2"]),
  row("c.fsdsp", "101 uimm[5:3|8:6] fs2 10", "fsd", { rs1: SP }),
  row("c.swsp", "110 uimm[5:2|7:6] rs2 10", "sw", { rs1: SP }),
  row("c.sdsp", "111 uimm[5:3|8:6] rs2 10", "sd", { rs1: SP }),
];

export const compressedInstructions: readonly Instruction[] = Object.freeze([
  ...quadrant0,
  ...quadrant1,
  ...quadrant2,
]);
