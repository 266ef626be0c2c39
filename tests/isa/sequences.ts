/**
 * Random instruction sequences over all of RV64GC that any two right machines agree on: no address
 * but those of the sequence's own memory, no jump but forward inside the sequence, no SC whose
 * success the architecture leaves open, no counter.
 */

import { encode, toBytes } from "../../src/machine/isa/encode.js";
import type { Instruction, Operands } from "../../src/machine/isa/instruction.js";
import { instructions } from "../../src/machine/isa/table.js";
import type { Random } from "./random.js";

/** The sequence's memory, and where the pointers point in it. */
export const MEMORY_BYTES = 256;
export const pointers: readonly { readonly register: number; readonly offset: number }[] = [
  { register: 2, offset: 0 },
  { register: 8, offset: 64 },
  { register: 9, offset: 132 },
];
/** Registers of the harness: result block, address of the sequence. */
export const BLOCK_REGISTER = 3;
export const ADDRESS_REGISTER = 4;
const fixedRegisters: ReadonlySet<number> = new Set([2, 3, 4, 8, 9]);
const FFLAGS = 1;
const FRM = 2;
const FCSR = 3;

/** Instructions that stay together: no branch goes into the middle. */
type Group = number[];

const excluded: ReadonlySet<string> = new Set([
  ..."ecall ebreak c.ebreak jalr c.jr c.jalr c.addi16sp c.nop auipc".split(" "),
  ..."csrrw csrrs csrrc csrrwi csrrsi csrrci lr.w lr.d sc.w sc.d".split(" "),
]);

const candidates: readonly Instruction[] = instructions.filter(
  ({ name, privilege }) => privilege === "user" && !excluded.has(name),
);

const isBranch = (row: Instruction): boolean =>
  /^(jal|b(eq|ne|lt|ge|ltu|geu)|c\.(j|beqz|bnez))$/.test(row.name);
const isMemoryAccess = (row: Instruction): boolean =>
  /^(c\.)?f?[ls][bhwd]u?(sp)?$/.test(row.name) && row.name !== "c.li";

function pickDestination(random: Random, isShort: boolean): number {
  for (;;) {
    const register = isShort ? random.between(8, 15) : random.below(32);
    if (!fixedRegisters.has(register)) return register;
  }
}

/** Bytes that an access touches, by the size letter in its name. */
function accessBytes(row: Instruction): number {
  const letter = /[bhwd]/.exec(row.name.replace(/^(c\.)?f?[ls]/, ""))?.[0] ?? "d";
  return { b: 1, h: 2, w: 4, d: 8 }[letter] ?? 8;
}

/** A random value that fits the row's immediate field, a multiple of its unit. */
function randomImmediate(random: Random, row: Instruction): number {
  let value = 0;
  for (const field of row.fields) {
    if (field.operand !== "imm") continue;
    value |= (random.word() & (2 ** field.widthBits - 1)) << field.toBit;
  }
  if (row.immediateSignBit >= 0) {
    const shift = 31 - row.immediateSignBit;
    value = (value << shift) >> shift;
  }
  return value;
}

/** A pointer register and an offset that stay in the memory. */
function setAddress(random: Random, row: Instruction, operands: Partial<Operands>): void {
  const isStackRelative = row.expansion?.fixed.rs1 === 2;
  const isShort = row.shortRegisters.includes("rs1");
  const usable = pointers.filter(({ register }) => {
    if (isStackRelative) return register === 2;
    return isShort ? register >= 8 : true;
  });
  const pointer = random.pick(usable);
  const limit = MEMORY_BYTES - accessBytes(row) - pointer.offset;
  for (;;) {
    const offset = randomImmediate(random, row) % MEMORY_BYTES;
    if (offset + pointer.offset < 0 || offset > limit) continue;
    operands.rs1 = pointer.register;
    operands.imm = offset;
    return;
  }
}

/** An address for an atomic access of this size. */
function atomicPointer(random: Random, name: string): number {
  return name.endsWith(".d") ? random.pick([2, 8]) : random.pick([2, 8, 9]);
}

function randomOperands(random: Random, row: Instruction): Partial<Operands> {
  const operands: Partial<Operands> = {};
  for (const { operand, kind } of row.syntax) {
    const isShort = row.shortRegisters.includes(operand);
    if (operand === "imm") {
      do operands.imm = randomImmediate(random, row);
      while (operands.imm === 0 && row.nonZero.includes("imm"));
    } else if (operand === "rm") {
      operands.rm = random.pick([0, 1, 2, 3, 4, 7, 7, 7]);
    } else if (operand === "rd" && kind === "x") {
      do operands.rd = pickDestination(random, isShort);
      while (operands.rd === 0 && row.nonZero.includes("rd"));
    } else {
      do operands[operand] = isShort ? random.between(8, 15) : random.below(32);
      while (operands[operand] === 0 && row.nonZero.includes(operand));
    }
  }
  if (isMemoryAccess(row)) setAddress(random, row, operands);
  if (row.extension === "A") operands.rs1 = atomicPointer(random, row.name);
  return operands;
}

/** LR, some arithmetic, SC to the same address, then often a second SC, which must fail. */
function reservedGroup(random: Random): Group {
  const width = random.pick(["w", "d"]);
  const rs1 = atomicPointer(random, `.${width}`);
  const destination = () => pickDestination(random, false);
  const group = [encode(`lr.${width}`, { rd: destination(), rs1 })];
  for (let count = random.below(3); count > 0; count--) {
    group.push(encode("add", { rd: destination(), rs1: random.below(32), rs2: random.below(32) }));
  }
  const sc = () => encode(`sc.${width}`, { rd: destination(), rs1, rs2: random.below(32) });
  group.push(sc());
  if (random.chance(40)) group.push(sc());
  return group;
}

/** Access to fcsr that never leaves a reserved rounding mode in it. */
function csrGroup(random: Random): Group {
  const rd = pickDestination(random, false);
  const rs1 = random.below(32);
  switch (random.below(6)) {
    case 0:
      return [encode("csrrwi", { rd, imm: FRM, rs1: random.below(5) })];
    case 1:
      return [encode("csrrs", { rd, imm: random.pick([FFLAGS, FRM, FCSR]) })];
    case 2:
      return [encode("csrrwi", { rd, imm: FCSR, rs1 })];
    case 3:
      return [encode(random.pick(["csrrwi", "csrrsi", "csrrci"]), { rd, imm: FFLAGS, rs1 })];
    case 4:
      return [encode("csrrci", { rd, imm: FRM, rs1: 7 })];
    default:
      return [encode(random.pick(["csrrw", "csrrs", "csrrc"]), { rd, imm: FFLAGS, rs1 })];
  }
}

/** An indirect jump over nothing or over a few instructions, by way of auipc. */
function indirectGroup(random: Random): Group {
  const via = random.pick([5, 6, 7, 31]);
  const skipped = random.below(3);
  const filler = Array.from({ length: skipped }, () => encode("addi", { rd: 10, rs1: 10, imm: 1 }));
  const useShort = random.chance(40);
  const jumpBytes = useShort ? 2 : 4;
  const distance = 8 + jumpBytes + skipped * 4;
  const jump = useShort
    ? encode(random.pick(["c.jr", "c.jalr"]), { rs1: via })
    : encode("jalr", { rd: pickDestination(random, false), rs1: via, imm: random.below(2) });
  return [
    encode("auipc", { rd: via, imm: 0 }),
    encode("addi", { rd: via, rs1: via, imm: distance }),
    jump,
    ...filler,
  ];
}

interface Item {
  readonly words: Group;
  /** A branch over this many following items; its words are made when lengths are known. */
  readonly branch?: { row: Instruction; operands: Partial<Operands>; over: number };
}

function randomItem(random: Random): Item {
  const special = random.below(100);
  if (special < 4) return { words: reservedGroup(random) };
  if (special < 8) return { words: csrGroup(random) };
  if (special < 10) return { words: indirectGroup(random) };
  const row = random.pick(candidates);
  const operands = randomOperands(random, row);
  if (!isBranch(row)) return { words: [encode(row.name, operands)] };
  const placeholder = row.lengthBytes === 2 ? 1 : 0x13;
  return { words: [placeholder], branch: { row, operands, over: random.below(4) } };
}

const computations: readonly Instruction[] = candidates.filter(
  (row) => /^[FD]$/.test(row.extension) && !isMemoryAccess(row),
);

/** Mostly floating point, on few registers, so that results are operands, and flags are read. */
function floatItem(random: Random): Item {
  const kind = random.below(100);
  if (kind < 12) return randomItem(random);
  if (kind < 20) return { words: csrGroup(random) };
  const row = random.pick(computations);
  const operands = randomOperands(random, row);
  for (const { operand, kind: file } of row.syntax) {
    if (file === "f" && operand !== "imm" && random.chance(90)) operands[operand] = random.below(8);
  }
  if (operands.rm !== undefined && random.chance(60)) operands.rm = random.pick([0, 7]);
  const words = [encode(row.name, operands)];
  if (random.chance(30)) {
    words.push(encode("csrrs", { rd: pickDestination(random, false), imm: FFLAGS }));
  }
  return { words };
}

/** A random sequence of floating point. */
export function floatSequence(random: Random, count: number): number[] {
  return joinItems(Array.from({ length: count }, () => floatItem(random)));
}

function lengthOf(words: readonly number[]): number {
  return words.reduce((sum, word) => sum + ((word & 3) === 3 ? 4 : 2), 0);
}

/** A random sequence of `count` items as instruction words. */
export function randomSequence(random: Random, count: number): number[] {
  return joinItems(Array.from({ length: count }, () => randomItem(random)));
}

function joinItems(items: readonly Item[]): number[] {
  return items.flatMap((item, index) => {
    if (item.branch === undefined) return item.words;
    const { row, operands, over } = item.branch;
    const skipped = items.slice(index + 1, index + 1 + over);
    const imm = row.lengthBytes + skipped.reduce((sum, { words }) => sum + lengthOf(words), 0);
    return [encode(row.name, { ...operands, imm })];
  });
}

/** The sequence as bytes; its length may be odd in units of four. */
export function sequenceBytes(words: readonly number[]): Uint8Array {
  return toBytes(words);
}
